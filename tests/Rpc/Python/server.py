"""Serves with the stock gRPC library on a unix socket: server.py PATH. Prints "ready", ends with its standard input."""

import concurrent.futures
import sys
import threading

import grpc

cancelled = threading.Semaphore(0)


def echo(request, context):
    return request


def stream(request, context):
    count, size = map(int, request.split())
    for _ in range(count):
        yield bytes(size)


def total(requests, context):
    return str(sum(len(r) for r in requests)).encode()


def chat(requests, context):
    for request in requests:
        yield request


def headers(request, context):
    seen = [(k, v) for k, v in context.invocation_metadata() if k.startswith("x-")]
    context.send_initial_metadata(seen)
    context.set_trailing_metadata(seen)
    return "|".join(f"{k}={v.hex() if isinstance(v, bytes) else v}" for k, v in seen).encode()


def fail(request, context):
    context.set_trailing_metadata([("grpc-status-details-bin", b"\x08\x09\x00\xff"), ("x-hint", "one"), ("x-hint", "two, with a comma")])
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, request.decode())


def reject(requests, context):
    context.abort(grpc.StatusCode.PERMISSION_DENIED, "not you")


def hang(request, context):
    gone = threading.Event()
    if context.add_callback(gone.set):   # no: the call was over before its handler ran
        gone.wait()
    cancelled.release()
    return b""


def awaitcancel(request, context):
    for _ in range(int(request)):
        if not cancelled.acquire(timeout=60):
            context.abort(grpc.StatusCode.ABORTED, "not all calls were cancelled")
    return b"cancelled"


def remaining(request, context):
    return str(context.time_remaining()).encode()


class Handlers(grpc.GenericRpcHandler):
    KNOWN = {
        "Echo": grpc.unary_unary_rpc_method_handler(echo),
        "Stream": grpc.unary_stream_rpc_method_handler(stream),
        "Sum": grpc.stream_unary_rpc_method_handler(total),
        "Chat": grpc.stream_stream_rpc_method_handler(chat),
        "Headers": grpc.unary_unary_rpc_method_handler(headers),
        "Fail": grpc.unary_unary_rpc_method_handler(fail),
        "Reject": grpc.stream_stream_rpc_method_handler(reject),
        "Hang": grpc.unary_unary_rpc_method_handler(hang),
        "AwaitCancel": grpc.unary_unary_rpc_method_handler(awaitcancel),
        "Remaining": grpc.unary_unary_rpc_method_handler(remaining),
    }

    def service(self, details):
        return self.KNOWN.get(details.method.rpartition("/")[2])


server = grpc.server(
    concurrent.futures.ThreadPoolExecutor(40),
    handlers=[Handlers()],
    compression=grpc.Compression.Gzip if "gzip" in sys.argv else None,
    options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)],
)
server.add_insecure_port("unix:" + sys.argv[1])
server.start()
print("ready", flush=True)
sys.stdin.readline()
server.stop(30 if "drain" in sys.argv else None).wait()
