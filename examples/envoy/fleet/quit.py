"""Ends an Envoy by its admin page, and waits until it is gone: python3 quit.py PORT"""

import sys
import time
from http.client import HTTPConnection

PORT = int(sys.argv[1])

connection = HTTPConnection("127.0.0.1", PORT, timeout=10)
connection.request("POST", "/quitquitquit")
connection.getresponse().read()
try:
    while True:
        HTTPConnection("127.0.0.1", PORT, timeout=10).request("GET", "/ready")
        time.sleep(0.05)
except OSError:
    pass
