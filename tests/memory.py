"""How much memory a process has held."""

from pathlib import Path


def most_held() -> int:
    """The most that was resident of this very program, in KiB (proc(5), VmHWM).

    getrusage's ru_maxrss is no measure: it begins with what the parent held when this program was started (Linux, exec_mmap).
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
