"""Whether strace can be had: it sees, and changes, what a program asks the kernel for."""
import os
import shutil
import subprocess


def missing():
    """Why nothing can be traced here, or None."""
    if not shutil.which("strace"):
        return "strace is not installed"
    tried = subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False)
    return "strace may not trace here" if tried.returncode else None
