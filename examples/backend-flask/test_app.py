import unittest

from app import app


class HealthCheck(unittest.TestCase):
    def setUp(self):
        self.client = app.test_client()

    def test_says_success_and_the_version(self):
        response = self.client.get("/api/health-check")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.get_json(), {"success": True, "ver": 1})

    def test_is_read_only(self):
        self.assertEqual(self.client.post("/api/health-check").status_code, 405)


if __name__ == "__main__":
    unittest.main()
