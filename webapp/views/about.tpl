% include('head.tpl', title='Results of the models', here='about')
% models = list(service.models.values())
<h1>Results</h1>
<p class="lead">How the models on this page scored when they were trained. Everything here is read from
  their run directories.</p>

<p>What they score here they score on texts like those that they learnt from. On texts of another kind, such as yours may be,
  they do much worse.</p>
% for number, (data, of_data) in enumerate(groups.items()):
% for split, heading in (('test', 'Test set'), ('validation', 'Validation set')):
% shown = [m for m in of_data if split in m.results]
% if shown:
<section aria-labelledby="{{split}}-{{number}}">
  <h2 id="{{split}}-{{number}}">{{heading}} of {{'the sentences made up for this project' if data == 'sample' else data}}: macro-F1</h2>
  <table class="chart">
    <caption>Dot: macro-F1 on a scale from 0 to 1. Band: its 95 % interval over texts, not over training runs.
    % constants = dict.fromkeys(m.constant for m in shown if m.constant and split == 'test')
    % if constants:
      Dashed line: calling every text {{' or '.join('%s, %.3f' % constant for constant in constants)}}.
    % end
    </caption>
    <thead><tr><th scope="col">Model</th><th scope="col">0 to 1</th><th scope="col">Macro-F1</th></tr></thead>
    <tbody>
    % for m in shown:
      % low, high = m.results[split]['macro_f1_ci95']
      % value = m.results[split]['macro_f1']
      <tr><th scope="row">{{m.name}}: {{in_words(m)}}</th>
        <td><svg class="plot" aria-hidden="true">
          <line class="axis" x1="0" x2="100%" y1="50%" y2="50%"/>
          % if split == 'test' and m.constant:
          <line class="baseline" x1="{{100 * m.constant[1]}}%" x2="{{100 * m.constant[1]}}%" y1="0" y2="100%"/>
          % end
          <line class="interval" x1="{{100 * low}}%" x2="{{100 * high}}%" y1="50%" y2="50%"/>
          <circle class="dot" cx="{{100 * value}}%" cy="50%" r="5"/>
        </svg></td>
        <td>{{'%.3f' % value}} <span class="small">({{'%.3f' % low}} to {{'%.3f' % high}})</span></td></tr>
    % end
    </tbody>
  </table>
</section>
% end
% end
% end

% if tables:
<section aria-labelledby="table-title">
  <h2 id="table-title">The numbers</h2>
  % for number, (header, *lines) in enumerate(tables, start=1):
  <div class="scroll" role="group" aria-label="Table {{number}}" tabindex="0">
  <table>
    <thead><tr>
    % for cell in header:
      <th scope="col">{{cell}}</th>
    % end
    </tr></thead>
    <tbody>
    % for row in lines:
      <tr><th scope="row">{{row[0]}}</th>
      % for cell in row[1:]:
        <td>{{cell}}</td>
      % end
      </tr>
    % end
    </tbody>
  </table>
  </div>
  % end
  % two = [m for m in models if len(m.names) == 2]
  % called = dict.fromkeys(m.names[1] for m in two if 'test' in m.results)
  <p class="small">Test set; scroll sideways for more.
  % if called:
    Predicted positive is the share of texts called {{' or '.join(called)}}: near 100 %, F1 says little.
  % end
  % if len(two) < len(models):
    AUROC of a class is that of telling it from all others; of several classes, their mean.
  % end
  </p>
</section>
% end

% trained = [m for m in models if len(m.epochs) > 1]
% if trained:
<section aria-labelledby="curves">
  <h2 id="curves">Training, epoch by epoch</h2>
  % top = max(e['validation']['loss'] for m in trained for e in m.epochs)
  <p class="small">Validation loss, from 0 at the bottom to {{'%.2f' % top}} at the top; the ring is the epoch that was kept.</p>
  <div class="curves">
  % for m in trained:
    <figure>
      <svg class="curve" role="img" aria-label="Validation loss of {{m.name}}: {{', '.join('%.3f' % e['validation']['loss'] for e in m.epochs)}}">
      % points = curve(m, top)
      % for (x, y, _), (next_x, next_y, _) in zip(points, points[1:]):
        <line x1="{{x}}%" y1="{{y}}%" x2="{{next_x}}%" y2="{{next_y}}%"/>
      % end
      % for x, y, kept in points:
        <circle class="{{'kept' if kept else ''}}" cx="{{x}}%" cy="{{y}}%" r="{{6 if kept else 3}}"/>
      % end
      </svg>
      <figcaption>{{m.name}}: {{', '.join('%.3f' % e['validation']['loss'] for e in m.epochs)}}</figcaption>
    </figure>
  % end
  </div>
</section>
% end

<section aria-labelledby="models">
  <h2 id="models">The models</h2>
  <ul>
  % for m in models:
    <li><a href="{{card_link(m.name)}}">Model card of {{m.name}}</a>: {{in_words(m)}}{{', ' + about_model(m) if about_model(m) else ''}}; weights <code>{{m.sha256[:12]}}</code></li>
  % end
  </ul>
</section>

<section aria-labelledby="why">
  <h2 id="why">How “Why?” works</h2>
  <p>Leave-one-out: every word is taken away once and the text scored again. How much the odds of
    toxic change is what the word gave; where no word changes them, two are taken away together, of more than nine words neighbours alone
    (<a href="https://arxiv.org/abs/1612.08220" rel="noreferrer">Li, Monroe and Jurafsky 2016</a>).
    A long text is taken apart in phrases of neighbouring words. It tells what moves this model, not what the text means: two words that
    say the same thing can hide each other, and a text without a word may be a text nobody would write.</p>
</section>

<section aria-labelledby="limits">
  <h2 id="limits">What it is not for</h2>
  <p>Not for moderating without a human reader, not for judging a person, not for languages other than
    English. Disguised spelling fools it. A probability here is a guess learnt from one data set, and on
    texts of another kind it is much worse than on this page.</p>
  <p>Your text is held in memory while it is read, and nowhere else: it is not stored, not logged and
    not sent to another server.</p>
</section>
<section aria-labelledby="programs">
  <h2 id="programs">For programs</h2>
  <p>Everything here can be asked by a program too: <a href="{{prefix}}/openapi.json">openapi.json</a> describes every address.</p>
</section>
% include('foot.tpl')
