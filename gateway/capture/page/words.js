// What the page says, in Chinese and in English.

const WORDS = {
  title: ["溯源读码", "Suyuan reader"],
  "enrol.title": ["登记这台手机", "Enrol this phone"],
  "enrol.about": [
    "密钥在本机生成，私钥不会离开本机。请输入管理员给你的一次性登记码。",
    "The key is made on this phone, and its private half never leaves it. Enter the one-time token that you were given.",
  ],
  "enrol.token": ["一次性登记码", "One-time token"],
  "enrol.do": ["登记", "Enrol"],
  "enrol.again": ["换密钥或读码器", "Change key or reader"],
  "scan.title": ["扫码", "Scan"],
  "scan.step": ["业务步骤", "Business step"],
  "scan.camera": ["用相机扫", "Scan with the camera"],
  "scan.stop": ["关闭相机", "Close the camera"],
  "scan.code": ["或粘贴码上的网址", "Or paste the code's address"],
  "scan.add": ["记录", "Record"],
  "scan.position": ["附上位置", "Attach the position"],
  "journal.title": ["日志", "Journal"],
  "journal.waiting": ["等待回执", "Waiting for a receipt"],
  "journal.stored": ["已入库", "Stored"],
  "journal.refused": ["被拒绝", "Refused"],
  "journal.send": ["现在发送", "Send now"],
  "journal.reader": ["读码器", "Reader"],
  "state.empty": ["全部已有回执。", "Everything has its receipt."],
  "state.sending": ["正在发送…", "Sending …"],
  "state.offline": ["没有网络：已存在本机，联网后自动发送。", "Offline: kept on this phone, sent when the network is back."],
  "state.later": ["服务器暂时没有回执：稍后自动重发。", "No receipt yet: sent again in a while."],
  "state.refusal": ["服务器拒绝：", "The server refuses: "],
  "problem.browser": [
    "这个浏览器缺少所需功能（Ed25519、IndexedDB，或没有 HTTPS）。",
    "This browser lacks what is needed (Ed25519, IndexedDB, or HTTPS).",
  ],
  "problem.network": ["没有网络，稍后再试。", "No network; try again later."],
  "problem.journal": ["本机日志写不进去，请再扫一次：", "The journal can't be written; scan again: "],
  "problem.camera": ["打不开相机：", "The camera can't be opened: "],
  "step.receiving": ["收货", "Receiving"],
  "step.shipping": ["发货", "Shipping"],
  "step.inspecting": ["检查", "Inspecting"],
  "step.stocking": ["上架", "Stocking"],
  "step.retail_selling": ["零售", "Retail selling"],
};

export const STEPS = ["receiving", "shipping", "inspecting", "stocking", "retail_selling"];

let language = preferred();

function preferred() {
  const kept = localStorage.getItem("language");
  if (kept === "zh" || kept === "en") return kept;
  return (navigator.language ?? "zh").toLowerCase().startsWith("zh") ? "zh" : "en";
}

export const say = (slug) => WORDS[slug]?.[language === "zh" ? 0 : 1] ?? slug;

export function translate() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = say(element.dataset.t);
  const other = document.getElementById("language");
  other.textContent = language === "zh" ? "English" : "中文";
  other.lang = language === "zh" ? "en" : "zh-CN";
}

export function switchLanguage() {
  language = language === "zh" ? "en" : "zh";
  localStorage.setItem("language", language);
  translate();
}
