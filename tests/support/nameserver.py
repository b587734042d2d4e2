"""Runs code in a network of its own whose only name server is this program, and says who was asked.

    unshare --net --mount python -m tests.support.nameserver FOLDER CODE

Prints the names that the code's process wanted to resolve, one a line.
"""

import array
import fcntl
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1


def main():
    folder, code = Path(sys.argv[1]), sys.argv[2]
    resolver = folder / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    subprocess.run(["mount", "--bind", resolver, "/etc/resolv.conf"], check=True)
    _loopback_up()
    asked = []
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    threading.Thread(target=_listen, args=(server, asked), daemon=True).start()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    sys.stderr.write(done.stderr)
    print("\n".join(sorted(set(asked))))
    sys.exit(done.returncode)


def _loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = array.array("b", struct.pack("16sh22x", b"lo", 0))
        fcntl.ioctl(probe, _GET_FLAGS, request)
        flags = struct.unpack_from("h", request, 16)[0]
        struct.pack_into("h", request, 16, flags | _UP)
        fcntl.ioctl(probe, _SET_FLAGS, request)


def _listen(server, asked):
    while True:
        question = server.recvfrom(512)[0][12:]
        labels = []
        while question and question[0]:
            labels.append(question[1 : 1 + question[0]].decode(errors="replace"))
            question = question[1 + question[0] :]
        asked.append(".".join(labels))


if __name__ == "__main__":
    main()
