"""One end of a virtual cable: sends frames at their times, tells those it hears.

Usage: wire.py INTERFACE SECONDS < SCHEDULE

Each line of SCHEDULE is the seconds from the start at which to send, and the frame in hexadecimal.
Prints a line per IPv4 frame: `sent` or `heard`, the time (seconds since 1970) and the frame. A frame
counts as heard when it came in from the other end. Needs CAP_NET_RAW.
"""

import select
import socket
import sys
import time

ETHERTYPE_IPV4 = 0x0800
PACKET_OUTGOING = 4
FRAME_MAX = 65536


def tell(what: str, frame: bytes) -> None:
    print(what, f"{time.time():.6f}", frame.hex(), flush=True)


def main() -> None:
    interface, seconds = sys.argv[1], float(sys.argv[2])
    schedule = sorted(
        (float(at), bytes.fromhex(frame)) for at, frame in (line.split() for line in sys.stdin)
    )
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE_IPV4))
    wire.bind((interface, ETHERTYPE_IPV4))
    start = time.monotonic()
    while (now := time.monotonic() - start) < seconds:
        if schedule and schedule[0][0] <= now:
            _, frame = schedule.pop(0)
            wire.send(frame)
            tell("sent", frame)
            continue
        next_at = schedule[0][0] if schedule else seconds
        if select.select([wire], [], [], max(0.0, min(next_at, seconds) - now))[0]:
            frame, address = wire.recvfrom(FRAME_MAX)
            if address[2] != PACKET_OUTGOING:
                tell("heard", frame)


main()
