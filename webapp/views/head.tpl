<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>{{title}}</title>
  <link rel="icon" href="/static/icon.svg">
  <link rel="stylesheet" href="/static/style.css">
  <script src="/static/app.js" defer></script>
</head>
<body>
<header>
  <nav aria-label="Pages">
    <a href="/" {{'aria-current=page' if here == 'index' else ''}}>Classify</a>
    <a href="/about" {{'aria-current=page' if here == 'about' else ''}}>Results</a>
  </nav>
</header>
<main>
