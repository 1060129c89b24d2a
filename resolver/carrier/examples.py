"""Examples of covert codes and dynamic tags, for the API's description."""

TAG = {
    "uid": "04de5f1eacc040",
    "item": "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
    "meta_read_key": "00000000000000000000000000000000",
    "file_read_key": "00000000000000000000000000000000",
    "address": "https://id.example.com/sun/huadu?picc_data={picc_data}&cmac={cmac}",
}
OPENING = {
    "opening_id": "5f0c2a9e-6f0c-4a57-9a54-0d6f7f1b2c3d",
    "item": "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
    "proof": "sealed",
    "verdict": "first",
    "reasons": [],
    "opened_at": "2026-03-01T08:00:00Z",
    "later": 0,
}
TAP = {
    "verdict": "fresh",
    "reasons": [],
    "uid": "04de5f1eacc040",
    "counter": 61,
    "item": "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
}
