"""Says which of the judges there are here, in which version, and why the others are not."""
import shutil
import subprocess
import sys

import judges

print(f"  python3 {sys.version.split()[0]}")
for name in ("botocore", "boto3", "moto"):
    why_not = judges.missing(name)
    version = None if why_not else getattr(__import__(name), "__version__", "?")
    print(f"  {name} {version}" if version else f"  {name}: skipped, {why_not}")
if shutil.which("aws"):
    said = subprocess.run(["aws", "--version"], capture_output=True, text=True, check=False)
    print("  " + (said.stdout or said.stderr).split(" ")[0].strip())
else:
    print("  aws: skipped, the AWS CLI is not installed")
