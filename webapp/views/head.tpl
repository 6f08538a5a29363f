<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>{{title}}</title>
  <link rel="icon" href="{{prefix}}/static/icon.svg">
  <link rel="stylesheet" href="{{prefix}}/static/style.css">
  <script src="{{prefix}}/static/app.js" defer></script>
</head>
<body>
<header>
  <nav aria-label="Pages">
    <a href="{{prefix}}/" {{'aria-current=page' if here == 'index' else ''}}>Classify</a>
    <a href="{{prefix}}/about" {{'aria-current=page' if here == 'about' else ''}}>Results</a>
  </nav>
</header>
<main>
