"""Calls a server with the stock gRPC library: client.py TARGET SCENARIO. Prints what came of it as one line of JSON."""

import concurrent.futures
import json
import sys
import threading

import grpc

LIMITS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def failure(e):
    return {
        "code": e.code().name,
        "message": e.details(),
        "trailers": [[k, v.hex() if isinstance(v, bytes) else v] for k, v in e.trailing_metadata()],
    }


def kinds(channel):
    def numbers(n):
        for i in range(n):
            yield bytes(i)

    stream = [len(m) for m in channel.unary_stream("/t.T/Stream")(b"5 1000")]
    total = channel.stream_unary("/t.T/Sum")(numbers(1000)).decode()
    chat = [len(m) for m in channel.stream_stream("/t.T/Chat")(numbers(100))]
    return {"unary": channel.unary_unary("/t.T/Echo")(b"hello").decode(), "stream": stream, "sum": total, "chat": chat == list(range(100))}


def metadata(channel):
    sent = [("x-pattern", "*.log"), ("x-pattern", "a, b"), ("x-octets-bin", b"\x00\x01\xfe\xff"), ("x-octets-bin", b"")]
    answer, call = channel.unary_unary("/t.T/Headers").with_call(b"", metadata=sent)

    def known(pairs):
        return [[k, v.hex() if isinstance(v, bytes) else v] for k, v in pairs if k.startswith("x-")]

    return {"seen": answer.decode(), "headers": known(call.initial_metadata()), "trailers": known(call.trailing_metadata())}


def fail(channel):
    try:
        channel.unary_unary("/t.T/Fail")("50 % of \"it\"\nis Käse".encode())
    except grpc.RpcError as e:
        return failure(e)


def unknown(channel):
    try:
        channel.unary_unary("/t.T/Nothing")(b"")
    except grpc.RpcError as e:
        return failure(e)


def reject(channel):
    """The server answers while the client is still sending."""
    def endless():
        while True:
            yield bytes(65536)

    try:
        for _ in channel.stream_stream("/t.T/Reject")(endless()):
            pass
    except grpc.RpcError as e:
        return failure(e)


def deadline(channel):
    try:
        channel.unary_unary("/t.T/Hang")(b"", timeout=0.3)
    except grpc.RpcError as e:
        return failure(e)


def cancel(channel):
    calls = [channel.unary_unary("/t.T/Hang").future(b"") for _ in range(200)]
    channel.unary_unary("/t.T/Echo")(b"the server has seen them")
    sys.stdout.write("waiting\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for call in calls:
        call.cancel()
    return {"cancelled": sum(call.cancelled() for call in calls)}


def gzip(channel):
    body = b"compressible " * 100000
    return {"size": channel.unary_unary("/t.T/Size")(body, compression=grpc.Compression.Gzip).decode()}


def large(channel):
    body = bytes(range(256)) * 4 * 1024 * 12
    return {"same": channel.unary_unary("/t.T/Echo")(body) == body}


def toolarge(channel):
    try:
        channel.unary_unary("/t.T/Size")(bytes((20 << 20) + 1))
    except grpc.RpcError as e:
        return failure(e)


def megabytes(channel):
    down = sum(len(m) for m in channel.unary_stream("/t.T/Stream")(b"1600 65536"))
    up = channel.stream_unary("/t.T/Sum")(bytes(65536) for _ in range(1600)).decode()
    return {"down": down, "up": up}


def many(channel):
    ready = threading.Semaphore(0)
    calls = [channel.unary_unary("/t.T/Echo").future(str(i).encode()) for i in range(1000)]
    for call in calls:
        call.add_done_callback(lambda _: ready.release())
    return {"right": sum(call.result(timeout=60) == str(i).encode() for i, call in enumerate(calls))}


def threads(channel):
    def one(i):
        return sum(len(m) for m in channel.unary_stream("/t.T/Stream")(b"100 1000"))

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        return {"sum": sum(pool.map(one, range(64)))}


def health(channel):
    check = channel.unary_unary("/grpc.health.v1.Health/Check")
    watch = channel.unary_stream("/grpc.health.v1.Health/Watch")(b"\x0a\x01a")
    first = next(iter(watch)).hex()
    watch.cancel()
    try:
        check(b"\x0a\x01a")
    except grpc.RpcError as e:
        missing = e.code().name
    return {"all": check(b"").hex(), "missing": missing, "watch": first}


with grpc.insecure_channel(sys.argv[1], options=LIMITS) as channel:
    print(json.dumps(globals()[sys.argv[2]](channel)))
