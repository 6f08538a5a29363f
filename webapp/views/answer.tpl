% state = 'unsure' if r['toxic'] is None else 'toxic' if r['toxic'] else 'fine'
<article class="answer {{state}}">
  <p class="verdict">
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path class="icon-toxic" d="M12 2 1 21h22L12 2Zm-1 7h2v6h-2V9Zm0 8h2v2h-2v-2Z"/>
      <path class="icon-fine" d="M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm-1.5 14.5-4-4L8 11l2.500 2.500L16 8l1.500 1.500-7 7Z"/>
      <path class="icon-unsure" d="M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm-1 15h2v2h-2Zm1-11a4 4 0 0 1 2.500 7.100c-1 .8-1.500 1.200-1.500 2.400h-2c0-2 1-2.900 2-3.700a2 2 0 1 0-3-1.800H8a4 4 0 0 1 4-4Z"/>
    </svg>
    <strong data-field="verdict">{{VERDICTS[state]}}</strong>
  </p>
  <p class="reason" data-field="reason" {{'' if r['reason'] else 'hidden'}}>{{r['reason'] or ''}}</p>
  <p class="probability">Probability of toxic: <b data-field="percent">{{'%.1f' % (100 * r['score'])}} %</b></p>
  <svg class="bar" aria-hidden="true">
    <rect class="track" width="100%" height="100%"/>
    <rect class="amount" width="{{'%.1f' % (100 * r['score'])}}%" height="100%"/>
    <line class="edge" x1="{{100 * r['threshold']}}%" x2="{{100 * r['threshold']}}%" y1="0" y2="100%"/>
    <line class="threshold" x1="{{100 * r['threshold']}}%" x2="{{100 * r['threshold']}}%" y1="0" y2="100%"/>
  </svg>
  <p class="small">The line marks the threshold: toxic from <span class="nowrap" data-field="from">{{'%.3g' % (100 * r['threshold'])}} %</span>.</p>
  % if 'classes' in r:
  <div data-field="classes">
    <table class="classes">
      <caption>Likeliest class: <b data-field="class">{{r['class']}}</b></caption>
      <tbody data-field="class-rows">
      % for name, p in sorted(r['classes'].items(), key=lambda pair: -pair[1]):
        <tr class="{{'toxic' if name in r['toxic_classes'] else 'fine'}}"><th scope="row"><bdi>{{name}}</bdi></th><td>{{'%.1f' % (100 * p)}} %</td></tr>
      % end
      </tbody>
    </table>
    <p class="small">Toxic here: <span data-field="toxic-classes">{{', '.join(r['toxic_classes'])}}</span>.</p>
  </div>
  % end
  <p class="note" data-field="part" {{'' if r['windows'] > 1 else 'hidden'}}>Read in {{r['windows']}} parts of {{r['max_tokens']}} tokens; this is part {{r['window']}}, the most toxic one.</p>
  <p class="note" data-field="note" {{'' if r['truncated'] else 'hidden'}}>The end of this text was not read.</p>
  <dl>
    <div><dt>Tokens</dt><dd data-field="tokens">{{r['n_tokens']}}</dd></div>
    <div><dt>Time</dt><dd data-field="time">{{r['ms']}} ms</dd></div>
  </dl>
  <p class="small">Model <a data-field="model" href="{{card_link(r['model']['name'])}}">{{r['model']['name']}}</a>
    <span data-field="about">{{r['model']['about']}}</span> <code data-field="hash">{{r['model']['sha256'][:12]}}</code></p>
</article>
