"""What the C library does with memory that is free again: give it back."""

import ctypes
import platform

# glibc's mallopt, malloc.h. By default each thread has an arena of its own and large blocks are kept for the next time:
# gigabytes, after many photos of many sizes.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_SETTINGS = ((_ARENA_MAX, 2), (_MMAP_THRESHOLD, 1 << 20), (_TRIM_THRESHOLD, 16 << 20))


def give_back_freed_memory() -> bool:
    """To be called before much is allocated; whether it had an effect, which is on Linux with glibc only."""
    if platform.system() != "Linux" or platform.libc_ver()[0] != "glibc":
        return False
    libc = ctypes.CDLL(None)
    return all(libc.mallopt(name, value) == 1 for name, value in _SETTINGS)
