"""Calls /test.Echo/Who on the target that is its argument, a hundred times a second, until it is
ended. One line a call: who answered, or `!` with the status and its words."""

import sys
import threading
import time

import grpc


def as_it_is(data):
    return data


channel = grpc.insecure_channel(sys.argv[1])
who = channel.unary_unary("/test.Echo/Who", request_serializer=as_it_is, response_deserializer=as_it_is)
lock = threading.Lock()


def tell(call):
    if call.code() == grpc.StatusCode.OK:
        line = call.result().decode()
    else:
        line = f"! {call.code().name} {call.details()}"
    with lock:
        print(line, flush=True)


while True:
    who.future(b"", timeout=5).add_done_callback(tell)
    time.sleep(0.01)
