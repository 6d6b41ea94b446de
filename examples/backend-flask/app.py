"""The smallest backend that shows whether a new version has been deployed."""

from flask import Flask

app = Flask(__name__)


@app.route("/api/health-check")
def health_check() -> tuple[dict[str, object], int]:
    return {"success": True, "ver": 1}, 200
