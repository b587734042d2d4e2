import itertools
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from django.test import SimpleTestCase

from classifier.benchmarks.serving import ServingBenchmark, Side, _turn


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bodies: list[bytes] = []
    status = 200

    def do_POST(self):
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args):
        pass


class TurnTests(SimpleTestCase):
    def setUp(self):
        Handler.bodies, Handler.status = [], 200
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.side = Side("ours", server.server_port, form=True)

    def test_no_file_is_sent_twice(self):
        _turn(self.side, [b"a", b"b"], itertools.count(), users=2, requests=5)
        self.assertEqual(len(Handler.bodies), 10)
        self.assertEqual(len(set(Handler.bodies)), 10)
        self.assertEqual(len(self.side.seconds[2]), 10)
        self.assertGreater(self.side.rates[2][0], 0)

    def test_a_refusal_ends_it(self):
        Handler.status = 503
        with self.assertRaisesRegex(RuntimeError, "answered 503"):
            _turn(self.side, [b"a"], itertools.count(), users=1, requests=5)


class TableTests(SimpleTestCase):
    def test_it_says_what_was_reached(self):
        results = {"machine": "m", "version": "v", "images": "i"}
        for users, ratio in ((1, 1.2), (4, 0.8)):
            results[f"ratio_{users}"] = ratio
            for name in ("ours", "bare"):
                results |= {f"{name}_{users}_per_second": 9.0, f"{name}_{users}_p50_ms": 5.0}
        table = ServingBenchmark().describe(results)
        self.assertIn("1.2 | >= 1, reached", table)
        self.assertIn("0.8 | >= 1, not reached", table)
