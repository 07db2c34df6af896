// Runs the page's own module against a studio that is told what to refuse; prints what was asked of it.

const refuse = new Set(process.argv.slice(3));
const asked = [];

const json = (body) => ({ ok: true, status: 200, json: async () => body });

function answer(name, input) {
  if (refuse.has(name)) return { __typename: "Refused", code: "NO", message: `${name} refused`, path: [] };
  if (name === "RequestPhotoUploads") {
    const uploads = input.files.map((_, index) =>
      ({ photo: `photo-${index}`, url: `/objects/${index}`, fields: [{ name: "key", value: `${index}` }] }));
    return { submission: "set-1", uploads, position: 1 };
  }
  return { position: 2 };
}

globalThis.fetch = async (url, { body } = {}) => {
  if (url === "/documents.json") {
    return json(Object.fromEntries(
      ["RequestPhotoUploads", "SubmitPhotos", "ForgetPhotoUploads"].map((name) => [name, name])));
  }
  if (url !== "/graphql") {
    asked.push("post");
    return refuse.has(url) ? { ok: false, status: 507 } : { ok: true, status: 204 };
  }
  const { documentId, variables } = JSON.parse(body);
  asked.push(documentId);
  return json({ data: { it: answer(documentId, variables.input) } });
};

const { uploadPhotos } = await import(process.argv[2]);
const photos = [new Blob(["one"], { type: "image/png" }), new Blob(["two"], { type: "image/png" })];
let said = null;
try {
  said = { position: await uploadPhotos({ id: "twin-1" }, photos, "pocket", () => {}) };
} catch (error) {
  said = { error: error.message };
}
console.log(JSON.stringify({ asked, ...said }));
