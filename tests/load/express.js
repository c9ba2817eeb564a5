// The same service on the vendor's SDK and Express: each request is a mint, and a
// mint that fails is an error, as the SDK's documentation has it. Who asks is
// told by the cookie, as in the other service.
import express from 'express';
import { ThoughtSpotRestApi, createConfiguration, ServerConfiguration } from '@thoughtspot/rest-api-sdk';

const api = new ThoughtSpotRestApi(createConfiguration({
  baseServer: new ServerConfiguration(process.env.THOUGHTSPOT_HOST, {}),
}));
const app = express();
app.get('/ts-token', async (req, res) => {
  const user = /(?:^|; )session=([^;]+)/.exec(req.headers.cookie ?? '')?.[1];
  if (!user) return res.sendStatus(401);
  try {
    const token = await api.getCustomAccessToken({
      username: user,
      secret_key: process.env.THOUGHTSPOT_SECRET_KEY,
      persist_option: 'REPLACE',
      variable_values: [{ name: 'region', values: ['West'] }],
      validity_time_in_sec: 3600,
    });
    res.type('text/plain').send(token.token);
  } catch (err) {
    res.status(err.code ?? 500).send('no token');
  }
});
const server = app.listen(0, '127.0.0.1', 4096, () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.on('end', () => process.exit(0)).resume(); // whoever started it is gone
