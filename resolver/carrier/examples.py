"""Examples of dynamic tags, for the API's description."""

TAG = {
    "uid": "04de5f1eacc040",
    "item": "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
    "meta_read_key": "00000000000000000000000000000000",
    "file_read_key": "00000000000000000000000000000000",
    "address": "https://id.example.com/sun/huadu?picc_data={picc_data}&cmac={cmac}",
}
