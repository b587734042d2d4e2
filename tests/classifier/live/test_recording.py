import threading
from unittest import mock

from django.test import SimpleTestCase

from classifier.live import recording
from classifier.live.recording import Recorder
from classifier.models import LivePrediction


class RecorderTests(SimpleTestCase):
    def setUp(self):
        self.groups = []
        self.go_on = threading.Event()
        self.go_on.set()
        patch = mock.patch.object(recording, "_store", side_effect=self.store)
        patch.start()
        self.addCleanup(patch.stop)
        patch = mock.patch.object(recording, "connection")  # the thread has none to close
        patch.start()
        self.addCleanup(patch.stop)
        self.recorder = Recorder()
        self.addCleanup(self.recorder.stop)
        self.addCleanup(self.go_on.set)

    def store(self, rows):
        self.go_on.wait(10)
        self.groups.append(list(rows))

    def rows(self, count=1):
        return [LivePrediction() for _ in range(count)]

    @property
    def stored(self):
        return [row for group in self.groups for row in group]

    def test_where_nothing_was_started_answers_are_stored_at_once(self):
        rows = self.rows(2)
        self.recorder.add(rows)
        self.assertEqual(self.groups, [rows])

    def test_a_web_process_does_not_wait_for_the_database(self):
        self.recorder.start()
        self.go_on.clear()
        self.recorder.add(self.rows())  # would hang
        self.assertEqual(self.groups, [])

    def test_answers_of_a_moment_are_stored_together(self):
        self.recorder.start()
        rows = self.rows(9)
        for row in rows:
            self.recorder.add([row])
        self.recorder.stop()
        self.assertEqual(self.stored, rows)
        self.assertLess(len(self.groups), 5)

    def test_a_clean_stop_loses_none(self):
        self.recorder.start()
        every = self.rows(40)
        senders = [threading.Thread(target=self.recorder.add, args=([row],)) for row in every]
        for sender in senders:
            sender.start()
        self.recorder.stop()
        for sender in senders:
            sender.join()
        late = self.rows()
        self.recorder.add(late)
        self.assertCountEqual(map(id, self.stored), map(id, every + late))

    def test_flushing_waits_for_what_was_taken(self):
        self.recorder.start()
        rows = self.rows(3)
        self.recorder.add(rows)
        self.recorder.flush()
        self.assertEqual(self.stored, rows)

    def test_it_does_not_hoard(self):
        self.recorder.start()
        with mock.patch.object(recording, "_MOST_WAITING", 5):
            self.recorder.add(self.rows(6))
            self.assertEqual(len(self.stored), 6)
