"""What a folder on a disk may hold after the power went, told from what a program did to it.

The disk is POSIX's, which promises no more than this:

- What was written to a file is safe once that file's fsync has returned. Until then each write may
  be there or not, whatever came before or after it; it may be cut at any byte; the file may have
  its new length with zeros where the bytes are missing, or its later half without its earlier one.
  (Where a file has several such writes, one of them is cut at a time.)
- What was done to a folder is safe once that *folder's* fsync has returned; a file's own fsync
  does not make its name safe. Until then each name, for itself, shows any of the files that it
  stood for since (or none, where there was none): so a rename may have taken the old name away
  and not yet have brought the new one, or the other way round. One name never shows half a rename.
- After an fsync that failed, nothing about what was written before it is ever known again: a
  second one that succeeds proves nothing.

Owner and mode are not modelled; the tool makes its files 0600 before it writes to them.
"""
import itertools


def written(base, offset, data):
    if offset > len(base):
        base += bytes(offset - len(base))
    return base[:offset] + data + base[offset + len(data):]


def resized(base, size):
    return base[:size] + bytes(max(0, size - len(base)))


def torn(base, offset, data):
    """What one write may have left beside nothing and all of it, at the points that matter most."""
    n, half = len(data), len(data) // 2
    for cut in (1, half, n - 1):
        yield written(base, offset, data[:cut])
    yield written(base, offset, bytes(n))
    yield written(base, offset, data[:half] + bytes(n - half))
    yield written(base, offset, bytes(half) + data[half:])


def torn_everywhere(base, offset, data):
    """The same at each page, and at each byte near either end; cut at each sector, too."""
    n = len(data)
    yield from torn(base, offset, data)
    for cut in range(0, n, 512):
        yield written(base, offset, data[:cut])
    for cut in {*range(0, n, 4096), *range(1, min(n, 8)), *range(max(1, n - 8), n)}:
        yield written(base, offset, data[:cut])
        yield written(base, offset, data[:cut] + bytes(n - cut))
        yield written(base, offset, bytes(cut) + data[cut:])


class Inode:
    def __init__(self, content=b""):
        self.safe = self.content = content
        self.pending = []  # of (function, arguments): what is not safe yet, in order
        self.doubtful = False

    def change(self, function, *arguments):
        self.content = function(self.content, *arguments)
        self.pending.append((function, arguments))

    def fsync(self, done):
        if not done:
            self.doubtful = True
        if not self.doubtful:
            self.safe, self.pending = self.content, []

    def contents(self, tear=torn):
        """Every content that may be found, each once. The tool writes a file in one or a few calls,
        so that there are not many."""
        found = set()
        for kept in itertools.product((False, True), repeat=len(self.pending)):
            base = self.safe
            for keep, (function, arguments) in zip(kept, self.pending):
                if keep:
                    base = function(base, *arguments)
                elif function is written:
                    found.update(tear(base, *arguments))
            found.add(base)
        return sorted(found)


class Folder:
    """One folder and its files. `now` is what a program sees, `shown` what each name may show."""

    def __init__(self, files):
        self.now = {name: Inode(content) for name, content in files.items()}
        self.shown = {}
        self.doubtful = False

    def put(self, name, inode):
        """A name begins to stand for a file, or (None) for nothing."""
        self.shown.setdefault(name, [self.now.get(name)]).append(inode)
        if inode:
            self.now[name] = inode
        else:
            self.now.pop(name, None)

    def fsync(self, done):
        if not done:
            self.doubtful = True
        if not self.doubtful:
            self.shown = {}

    def after_power_loss(self, thorough=False):
        """Yields every folder that may be found, as a sorted tuple of (name, content), some of them
        again. Each file in turn is torn while the others are as before or whole; `thorough`: torn
        everywhere, and also all of them at once at the few points."""
        inodes = {inode for shown in self.shown.values() for inode in shown if inode}
        inodes.update(self.now.values())
        ends = {inode: sorted({inode.safe, inode.content}) for inode in inodes}
        yield from self.folders(ends)
        for inode in [inode for inode in inodes if inode.pending]:
            tear = torn_everywhere if thorough else torn
            yield from self.folders({**ends, inode: inode.contents(tear)})
        if thorough:
            yield from self.folders({inode: inode.contents() for inode in inodes})

    def folders(self, contents):
        names = {name: [inode] for name, inode in self.now.items()}
        names.update((name, dict.fromkeys(shown)) for name, shown in self.shown.items())
        for values in itertools.product(*names.values()):
            entries = [(name, inode) for name, inode in zip(names, values) if inode]
            inodes = list(dict.fromkeys(inode for _, inode in entries))
            for chosen in itertools.product(*(contents[inode] for inode in inodes)):
                of = dict(zip(inodes, chosen))
                yield tuple(sorted((name, of[inode]) for name, inode in entries))
