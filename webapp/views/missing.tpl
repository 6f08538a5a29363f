% include('head.tpl', title='Nothing here', here='missing')
<h1>There is nothing here</h1>
<p class="lead">The address is not one of this page. <a href="{{prefix}}/">Classify a text</a>, or look at
  the <a href="{{prefix}}/about">results of the models</a>.</p>
% include('foot.tpl')
