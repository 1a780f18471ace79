"""A model's process over WSGI. What it needs comes as JSON on standard input, where it listens goes to standard output."""

import json
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

from proofward_serving import Gateway, Serving, WsgiReceipts


class Quiet(WSGIRequestHandler):
    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


def risk(environ, start_response):
    age = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))["age"]
    start_response("200 OK", [("content-type", "application/json")])
    return [json.dumps({"risk": age / 100}).encode()]


options = json.load(sys.stdin)
gateway = options.pop("gateway")
serving = Serving(**options, gateway=Gateway(gateway["url"], gateway["apiKey"]), idle=0.1, longest=1.0)
with make_server("127.0.0.1", 0, WsgiReceipts(risk, serving), handler_class=Quiet) as server:
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
