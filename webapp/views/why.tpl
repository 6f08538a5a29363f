<section class="why" aria-labelledby="why-title">
  <h3 id="why-title">Why</h3>
  <p class="small">Each word, in a long text each short phrase, was left out once and the rest scored again
    (<a href="{{prefix}}/about#why">leave-one-out</a>). <span class="up s3">Solid underline</span> raises the
    odds of toxic, <span class="down s3">dotted</span> lowers them; the thicker, the more.</p>
  <p class="words" dir="auto" data-field="words">\\
  % for word in why['words']:
<span class="{{strength(word['change'])}}">{{word['text']}}</span>\\
  % end
<s data-field="unread">{{why['unread']}}</s></p>
  % rows = top_words(why['words']) or why['pairs']
  <p data-field="nothing" {{'hidden' if rows else ''}}>No word and no pair that was tried moves it: the sentence as a whole does.</p>
  <p data-field="together" {{'' if why['pairs'] else 'hidden'}}>No word moves it alone, these do so together:</p>
  <table data-field="table" {{'' if rows else 'hidden'}}>
    <caption>What moved it most</caption>
    <thead><tr><th scope="col">Left out</th><th scope="col">Probability of toxic then</th><th scope="col">Its effect on the odds</th></tr></thead>
    <tbody data-field="rows">
    % for word in rows:
      <tr><th scope="row"><bdi>{{word['text']}}</bdi></th><td>{{'%.1f' % (100 * word['score_without'])}} %</td><td>{{times(word['change'])}}</td></tr>
    % end
    </tbody>
  </table>
</section>
