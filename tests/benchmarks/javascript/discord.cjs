// discord.js, answering constants: see floors.py.
const { Client, MessageFlags } = require("discord.js");

const { sizes, port } = JSON.parse(process.argv[2]);
const constants = Object.fromEntries(
  Object.entries(sizes).map(([name, size]) => [name, "x".repeat(size)]),
);
const client = new Client({ intents: [], rest: { api: `http://127.0.0.1:${port}/api` } });
client.on("interactionCreate", async (interaction) => {
  if (interaction.isChatInputCommand()) {
    const content = constants[interaction.commandName];
    await interaction.reply({ content, flags: MessageFlags.Ephemeral });
  } else if (interaction.isButton()) {
    await interaction.update({ content: constants[interaction.customId] });
  }
});
client.login("discord-token");
