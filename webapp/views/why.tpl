<section class="why" aria-labelledby="why-title">
  <h3 id="why-title">Why</h3>
  <p class="small">Each word, in a long text each short phrase, was left out once and the rest scored again
    (<a href="{{prefix}}/about#why">leave-one-out</a>). <span class="up s3">Solid underline</span> raises the
    probability of toxic, <span class="down s3">dotted</span> lowers it; the thicker, the more. Where several
    words say the same, each alone moves little.</p>
  <p class="words" dir="auto" data-field="words">\\
  % for word in why['words']:
<span class="{{strength(word['change'])}}">{{word['text']}}</span>\\
  % end
<s data-field="unread">{{why['unread']}}</s></p>
  <table>
    <caption>The words that moved it most</caption>
    <thead><tr><th scope="col">Left out</th><th scope="col">Probability of toxic then</th><th scope="col">Change, points</th></tr></thead>
    <tbody data-field="rows">
    % for word in top_words(why['words']):
      <tr><th scope="row"><bdi>{{word['text']}}</bdi></th><td>{{'%.1f' % (100 * (why['score'] - word['change']))}} %</td><td>{{points(word['change'])}}</td></tr>
    % end
    </tbody>
  </table>
</section>
