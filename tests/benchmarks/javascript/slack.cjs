// Bolt for JavaScript over Socket Mode, answering constants: see floors.py.
const { App, LogLevel } = require("@slack/bolt");

const { sizes, port } = JSON.parse(process.argv[2]);
const clientOptions = { slackApiUrl: `http://127.0.0.1:${port}/api/` };
const app = new App({
  token: "xoxb-benchmark",
  appToken: "xapp-benchmark",
  socketMode: true,
  logLevel: LogLevel.ERROR,
  clientOptions,
  installerOptions: { clientOptions },
});
for (const [name, size] of Object.entries(sizes)) {
  const constant = "x".repeat(size);
  app.command(`/${name}`, async ({ ack }) => ack(constant));
  app.action(name, async ({ ack, respond }) => {
    await ack();
    await respond(constant);
  });
}
app.start();
