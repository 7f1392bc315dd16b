"""The command line: `python3 -m rnp_peer serve | call | ask`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from . import asking
from .driver import Driver, say, standard_input
from .errors import RnpError
from .gossip import Gossip
from .handshake import ALL_CAPABILITIES, DEFAULT_WINDOW_BYTES
from .identity import Credentials
from .node import Node
from .schemas import Schemas
from .scripted import Scripted

SCHEMA = Path(__file__).resolve().parents[4] / "schema"


def main() -> int:
    options = _parser().parse_args()
    work = {"serve": _serve, "call": _call, "ask": _ask}[options.command](options)
    try:
        asyncio.run(work)
    except RnpError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rnp_peer", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="listen, answer with examples, obey standard input")
    serve.add_argument("--listen", default="127.0.0.1:0", metavar="HOST:PORT")
    serve.add_argument("--join", metavar="HOST:PORT", help="a member of the cluster to join by")
    serve.add_argument("--heartbeat-ms", type=int, default=10_000)
    call = commands.add_parser("call", help="send one message and print what it is answered with")
    call.add_argument("address", metavar="HOST:PORT")
    call.add_argument("type")
    call.add_argument("data", type=json.loads)
    ask = commands.add_parser("ask", help="be the client in one of the published cases")
    ask.add_argument("address", metavar="HOST:PORT")
    ask.add_argument("what", metavar="ASKS")
    for command in (serve, call, ask):
        for name in ("cert", "key", "ca"):
            variable = os.environ.get(f"PEER_{name.upper()}")
            command.add_argument(
                f"--{name}", type=Path, default=variable, required=variable is None
            )
        command.add_argument("--schema", type=Path, default=SCHEMA, help="a folder like schema/")
        command.add_argument(
            "--capabilities", type=lambda text: tuple(text.split(",")), default=ALL_CAPABILITIES
        )
        command.add_argument("--window-bytes", type=int, default=DEFAULT_WINDOW_BYTES)
    return parser


def _node(options: argparse.Namespace) -> Node:
    credentials = Credentials(options.cert, options.key, options.ca)
    offered = tuple(name for name in options.capabilities if name)
    return Node(credentials, Schemas(options.schema), offered, options.window_bytes)


async def _serve(options: argparse.Namespace) -> None:
    """Runs until standard input ends or a signal comes, and leaves in order."""
    node = _node(options)
    scripted = Scripted(node.schemas)
    for kind in node.schemas.types.values():
        if kind.layer == "application":
            node.handle(kind.name, scripted.handler(kind))
    host, _, port = options.listen.rpartition(":")
    address = await node.listen(host.strip("[]"), int(port))
    gossip = Gossip(node, options.heartbeat_ms) if options.join else None
    say({"event": "listening", "address": address, "node": node.identity.node_id})
    if gossip is not None:
        await gossip.join(options.join)
    work = asyncio.ensure_future(Driver(node, scripted, gossip).run(await standard_input()))
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, work.cancel)
    await asyncio.wait([work])
    if gossip is not None:
        await gossip.leave("shutdown")
    await node.close()


async def _call(options: argparse.Namespace) -> None:
    """Prints the answer, each item of a stream, or nothing where a message is only acknowledged."""
    node = _node(options)
    kind = node.schemas.type(options.type)
    connection = await node.dial(options.address)
    peer = connection.peer.node_id
    node.addresses[peer] = options.address
    try:
        if kind.answer is not None:
            say(await node.request(peer, kind.name, options.data))
        elif kind.item is not None:
            async for item in await node.stream(peer, kind.name, options.data):
                say(item)
        else:
            await node.send(peer, kind.name, options.data)
    finally:
        await node.close()


async def _ask(options: argparse.Namespace) -> None:
    """Prints what the application was told, and ends with the connection."""
    node = _node(options)
    print(await asking.ask(node, options.address, options.what), flush=True)
    await asking.ended(node)


if __name__ == "__main__":
    sys.exit(main())
