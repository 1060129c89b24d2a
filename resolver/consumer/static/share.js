// Optional: shares a rough location, and only when the button is pressed. The page is whole without it.
(() => {
  const box = document.getElementById("share");
  if (!box || !("geolocation" in navigator)) return;
  const button = box.querySelector("button");
  const status = box.querySelector("[role=status]");
  const say = (text) => { status.textContent = text; };
  // About a kilometre is enough to compare places, and a person's door is not in it.
  const rough = (degrees) => Math.round(degrees * 100) / 100;
  // A signature may stand in the query under its AI, a number; our own parameters are words.
  const signed = new URLSearchParams([...new URLSearchParams(location.search)].filter(([name]) => /^\d+$/.test(name)));
  const code = location.pathname.replace(/^\/story(?=\/)/, "") + ([...signed].length ? `?${signed}` : "");
  // A covert code's page says where its pack was opened.
  const [address, named] = "opening" in box.dataset ? ["/openings", { inner: code }] : ["/scans", { uri: code }];
  const send = ({ coords }) => fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Accept": "application/json" },
    body: JSON.stringify({
      ...named,
      latitude: rough(coords.latitude),
      longitude: rough(coords.longitude),
      accuracy_m: Math.min(20000000, Math.max(3000, Math.round(coords.accuracy) + 800)),
      source: "coarse",
      consent: "exact",
    }),
  }).then((answer) => {
    if (!answer.ok) throw new Error(answer.status);
    say(box.dataset.done);
  });
  const failed = () => { button.disabled = false; say(box.dataset.failed); };
  button.addEventListener("click", () => {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      (position) => { send(position).catch(failed); },
      failed,
      { enableHighAccuracy: false, timeout: 15000, maximumAge: 600000 },
    );
  });
  box.hidden = false;
})();
