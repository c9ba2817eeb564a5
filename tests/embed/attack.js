// A page of another site that tries all it can to get tokens from the addresses
// it is given, or to have them made. It returns what it could read.
(async (addresses) => {
  const read = [];
  const saw = (how, what) => { if (what) read.push(`${how}: ${what}`); };
  const settled = (element) => new Promise((done) => {
    element.addEventListener('load', () => done(true));
    element.addEventListener('error', () => done(false));
    setTimeout(done, 2000); // an answer without a body is the end of nothing
  });
  window.addEventListener('error', (e) => saw('script error', e.message));

  for (const address of addresses) {
    for (const mode of ['cors', 'no-cors']) {
      for (const credentials of ['include', 'omit']) {
        for (const method of ['GET', 'HEAD', 'POST', 'DELETE']) {
          for (const headers of [{}, { Accept: 'application/json' }]) {
            try {
              const answer = await fetch(address, { method, mode, credentials, headers, cache: 'no-store' });
              if (answer.type !== 'opaque') saw(`${method} ${mode} ${credentials}`, `${answer.status} ${await answer.text()}`);
              else saw(`${method} opaque`, await answer.text());
            } catch { /* the browser refuses */ }
          }
        }
      }
    }
    for (const tag of ['img', 'script', 'iframe', 'link']) {
      const element = document.createElement(tag);
      element[tag === 'link' ? 'href' : 'src'] = address;
      if (tag === 'link') element.rel = 'stylesheet';
      const done = settled(element);
      document.body.append(element);
      const loaded = await done;
      if (tag !== 'iframe') saw(tag, loaded && 'loaded');
      else saw('iframe', element.contentDocument?.body.textContent);
    }
    for (const method of ['get', 'post']) {
      const frame = document.createElement('iframe');
      frame.name = `${method} ${address}`;
      document.body.append(frame);
      const form = document.createElement('form');
      Object.assign(form, { method, action: address, target: frame.name });
      document.body.append(form);
      const done = settled(frame);
      form.submit();
      await done;
      saw(`form ${method}`, frame.contentDocument?.body.textContent);
    }
  }
  return read;
})
