"""A gRPC server that the control plane configures: it binds the address that is its first argument
and answers every call with its second."""

import sys
from concurrent import futures

import grpc


class All(grpc.GenericRpcHandler):
    def service(self, details):
        return grpc.unary_unary_rpc_method_handler(lambda request, context: sys.argv[2].encode())


server = grpc.server(futures.ThreadPoolExecutor(4), handlers=[All()], xds=True)
server.add_insecure_port(sys.argv[1])
server.start()
print("started", flush=True)
server.wait_for_termination()
