// Requests that change something carry the session's word.

const csrf = document.querySelector('meta[name="csrf"]').content;

// Resolves to {status, said}; status 0 means that nobody answered.
export async function post(path, body = {}) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", "x-csrf-token": csrf },
      body: JSON.stringify(body),
    });
    const { said = "" } = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
    return { status: answer.status, said };
  } catch {
    return { status: 0, said: "" };
  }
}

// Resolves to {status, said, id, name}: the file is kept where the status is 201.
export async function upload(file) {
  const body = new FormData();
  body.append("file", file);
  try {
    const answer = await fetch("/chat/uploads", { method: "POST", headers: { "x-csrf-token": csrf }, body });
    return { said: "", ...(await answer.json().catch(() => ({}))), status: answer.status };
  } catch {
    return { status: 0, said: "" };
  }
}

// Unlike crypto.randomUUID this also works on a page served without TLS.
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export const mayWork = (status) => status === 0 || status === 429 || status >= 500;
