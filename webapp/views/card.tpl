% include('head.tpl', title='Model card: ' + model.name, here='card')
<h1>Model card: {{model.name}}</h1>
<p class="small">From the <code>README.md</code> of its run directory. SHA-256 of its weights:
  <code>{{model.sha256}}</code></p>
<pre class="card">{{card}}</pre>
% include('foot.tpl')
