"""What a program did to one folder, as strace saw it: each call with its bytes, in order, played
into a folder of power_disk."""
import os
import re

import judges
import power_disk
import strace

TRACED = ("openat,open,creat,write,pwrite64,writev,pwritev,pwritev2,ftruncate,truncate,fallocate,"
          "copy_file_range,sendfile,fsync,fdatasync,rename,renameat,renameat2,link,linkat,symlink,"
          "symlinkat,unlink,unlinkat,mkdir,mkdirat,close,dup,dup2,dup3,sendto,sendmsg,exit_group")
LONGEST = 1 << 22  # of a string in the trace: none of the tool's writes is longer
MUTATIONS = (b"Action=ModifyListener", b".UpdateService")


def need():
    """Ends the test as skipped where nothing can be traced."""
    reason = strace.missing()
    if reason:
        judges.skip(reason)


def command(path, *options):
    """What goes before a command line to have it traced into the file `path`."""
    return ["strace", "-f", "-xx", "-s", str(LONGEST), "-o", path, *options, "-e",
            "trace=" + TRACED]


class Call:
    def __init__(self, pid, name, arguments, result):
        self.pid, self.name, self.arguments, self.result = pid, name, arguments, result

    def text(self, i):
        """Its i-th argument, a string."""
        found = re.match(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?$', self.arguments[i])
        if not found or found.group(2):
            raise AssertionError(f"not a whole string: {self.name} {self.arguments[i][:80]}")
        return bytes.fromhex(found.group(1).replace("\\x", ""))

    def number(self, i):
        return int(self.arguments[i], 0)

    def sends(self):
        """The request that it sends, when that would change something; else None."""
        if self.name not in ("sendto", "sendmsg"):
            return None
        if self.name == "sendmsg":
            raise AssertionError("requests are sent in another way than this reads")
        bytes_sent = self.text(1)
        return bytes_sent if any(word in bytes_sent for word in MUTATIONS) else None


def split_arguments(text):
    """Of a call with -xx: no string holds a comma or a bracket of its own."""
    return re.split(r", (?![^{\[]*[}\]])", text) if text else []


def read(path):
    """The calls of a trace that have ended, in the order of their ends."""
    begun, calls = {}, []
    with open(path, encoding="ascii") as file:
        for line in file:
            pid, rest = line.rstrip("\n").split(None, 1)
            if rest.endswith("<unfinished ...>"):
                begun[pid] = rest[:-len("<unfinished ...>")].rstrip()
                continue
            resumed = re.match(r"<\.\.\. \w+ resumed>(.*)", rest)
            if resumed:
                rest = begun.pop(pid) + resumed.group(1)
            found = re.match(r"(\w+)\((.*)\)\s+= (-?\d+|\?)", rest)
            if found:
                name, arguments, result = found.groups()
                calls.append(Call(int(pid), name, split_arguments(arguments),
                                  0 if result == "?" else int(result)))
    return calls


class Player:
    """Plays calls into `folder`, that of `path`; what they do elsewhere is no concern of it."""

    def __init__(self, path, files):
        self.path = os.path.realpath(path)
        self.folder = power_disk.Folder(files)
        self.open = {}  # (pid, fd): an Inode with its offset, or the folder

    def name(self, call, folder, i):
        """The name in our folder that argument i says, seen from the folder in argument `folder`
        (None: the working one, which is ours); None: it lies elsewhere."""
        path = os.fsdecode(call.text(i))
        base = self.path
        if folder is not None and call.arguments[folder] != "AT_FDCWD":
            if self.open.get((call.pid, call.number(folder))) is not self.folder:
                return None
        head, tail = os.path.split(os.path.normpath(os.path.join(base, path)))
        return tail if head == base else None

    def is_folder(self, call, i):
        return os.path.normpath(os.path.join(self.path, os.fsdecode(call.text(i)))) == self.path

    def play(self, call):
        """Whether it changed anything, or made it safer."""
        key = (call.pid, call.number(0)) if re.match(r"\d+$", (call.arguments or [""])[0]) else None
        if call.name in ("fsync", "fdatasync"):
            thing = self.open.get(key)
            thing = thing[0] if isinstance(thing, list) else thing
            if thing:
                thing.fsync(call.result == 0)
            return bool(thing)
        if call.result < 0 or call.name in ("sendto", "sendmsg", "exit_group"):
            return False
        return bool(getattr(self, "_" + call.name, self._unknown)(call, key))

    def _openat(self, call, _):
        key, flags = (call.pid, call.result), call.arguments[2].split("|")
        self.open.pop(key, None)
        if "O_DIRECTORY" in flags and self.is_folder(call, 1):
            self.open[key] = self.folder
            return False
        name = self.name(call, 0, 1)
        if name is None:
            return False
        inode = self.folder.now.get(name)
        is_new = inode is None
        if is_new:
            inode = power_disk.Inode()
            self.folder.put(name, inode)
        elif "O_TRUNC" in flags:
            inode.change(power_disk.resized, 0)
        self.open[key] = [inode, 0]
        return is_new or "O_TRUNC" in flags

    def _close(self, _, key):
        self.open.pop(key, None)

    def _write(self, call, key):
        file = self.open.get(key)
        if file:
            file[0].change(power_disk.written, file[1], call.text(1)[:call.result])
            file[1] += call.result
        return file

    def _pwrite64(self, call, key):
        file = self.open.get(key)
        if file:
            file[0].change(power_disk.written, call.number(3), call.text(1)[:call.result])
        return file

    def _ftruncate(self, call, key):
        file = self.open.get(key)
        if file:
            file[0].change(power_disk.resized, call.number(1))
        return file

    def _renameat(self, call, _):
        return self.move(self.name(call, 0, 1), self.name(call, 2, 3))

    _renameat2 = _renameat

    def _rename(self, call, _):
        return self.move(self.name(call, None, 0), self.name(call, None, 1))

    def move(self, old, new):
        if (old is None) != (new is None):
            raise AssertionError(f"a rename into or out of the folder: {old}, {new}")
        if old is None:
            return False
        self.folder.put(new, self.folder.now[old])
        self.folder.put(old, None)
        return True

    def _unlinkat(self, call, _):
        return self.remove(self.name(call, 0, 1))

    def _unlink(self, call, _):
        return self.remove(self.name(call, None, 0))

    def remove(self, name):
        if name is not None:
            self.folder.put(name, None)
        return name is not None

    def _unknown(self, call, key):
        """Not played; no harm where it is about something else."""
        if self.open.get(key) or any(argument == "AT_FDCWD" for argument in call.arguments):
            raise AssertionError(f"the model does not know {call.name}")
        return False
