"""HTML: parse a form, call one service, render one template."""
