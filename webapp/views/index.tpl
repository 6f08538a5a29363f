% include('head.tpl', title='Is this text toxic?', here='index')
<h1>Is this text toxic?</h1>
<p class="lead">A small language model reads your text and says how likely it is hateful or abusive.
  Your text is not stored or logged.</p>

<form id="form" method="post" action="{{prefix}}/#result" data-prefix="{{prefix}}" data-too-long="{{too_long}}" data-of-the-text="{{" ".join(of_the_text)}}" accept-charset="utf-8">
  <label for="text">Your text</label>
  <textarea id="text" name="text" rows="4" maxlength="{{2 * max_chars + 1}}" dir="auto" aria-describedby="limit error" {{'aria-invalid=true' if invalid else ''}}>
{{text}}</textarea>
  <p id="limit" class="small">At most {{'{:,}'.format(max_chars)}} characters<span id="count" data-max="{{max_chars}}"></span>. <span id="keys" hidden>Ctrl or ⌘ with Enter classifies.</span></p>
  <p id="error" class="error" role="alert">{{error}}</p>
  % if len(service.models) > 1:
  <p class="choice"><label for="model">Model</label>
  <select id="model" name="model">
    % for name in service.models:
    <option value="{{name}}" {{'selected' if name == model else ''}}>{{name}}: {{in_words(service.models[name])}}</option>
    % end
  </select></p>
  % end
  <p class="buttons">
    <button class="primary" name="action" value="classify">Classify</button>
    % if len(service.models) > 1:
    <button name="action" value="compare">Compare all models</button>
    % end
    <button name="action" value="explain">Why?</button>
    <button name="action" value="clear">Clear</button>
  </p>
</form>

<section aria-labelledby="result-title">
  <h2 id="result-title">Result</h2>
  <div id="result" role="status">
  % if error and not answers:
    <p class="error">{{error}} <a href="#text">To the text</a></p>
  % elif not answers:
    <p class="small">Nothing yet: type a text, or try an example below.</p>
  % end
  % if answers:
    <blockquote dir="auto" tabindex="0" aria-label="The text">{{text}}</blockquote>
    <div class="answers">
    % for r in answers:
      % include('answer.tpl', r=r)
    % end
    </div>
  % end
  % if words:
    % include('why.tpl', why=words)
  % end
  </div>
</section>

<section aria-labelledby="examples-title">
  <h2 id="examples-title">Examples</h2>
  <div class="examples">
    % for i, (kind, example) in enumerate(examples):
    <button form="form" name="example" value="{{i}}" data-text="{{example}}"><span class="small">{{kind}}</span> {{example}}</button>
    % end
  </div>
</section>

<p class="limits">For learning and trying out. It reads sentences and not situations, and it is often wrong:
  let it decide nothing about a person. See the
  % for name in service.models:
  <a href="{{card_link(name)}}">model card of {{name}}</a>{{'.' if name == list(service.models)[-1] else ','}}
  % end
</p>

% blank = {'toxic': False, 'reason': None, 'score': 0, 'threshold': 0.5, 'truncated': False, 'n_tokens': 0,
%          'window': 1, 'windows': 1, 'max_tokens': 128, 'ms': 0, 'class': '', 'classes': {}, 'toxic_classes': [],
%          'model': {'name': '', 'sha256': '', 'about': ''}}
<template id="answer-template">
% include('answer.tpl', r=blank)
</template>
<template id="why-template">
% include('why.tpl', why={'words': [], 'pairs': [], 'unread': ''})
</template>
% include('foot.tpl')
