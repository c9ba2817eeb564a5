// The vendor's TypeScript SDK. A base address is all that it is given.
import { ServerConfiguration, createConfiguration, ThoughtSpotRestApi } from "@thoughtspot/rest-api-sdk";

const base = process.env.THOUGHTSPOT_HOST, control = process.env.CONTROL;
const api = new ThoughtSpotRestApi(createConfiguration({ baseServer: new ServerConfiguration(base, {}) }));

for (const step of ["before", "after"]) {
  const user = await api.getCurrentUserInfo();
  console.log(step, user.name);
  const found = await api.searchMetadata({ metadata: [{ type: "LIVEBOARD" }] });
  console.log(step, found[0].metadata_id);
  await fetch(control + "/tokens", { method: "DELETE" });
}
try {
  await api.getCurrentUserToken();
  console.log("a token was handed out");
} catch (error) {
  console.log("closed", error.code);
}
