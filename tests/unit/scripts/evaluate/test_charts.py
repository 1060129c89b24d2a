from scripts.commands.evaluate.charts import line_chart


def test_a_chart_is_drawn_even_of_nothing():
    assert "nothing measured" in line_chart("Empty", "x", "y", {})
    chart = line_chart("A <b>", "x", "y", {"S1": [(1, 0.5), (10, 0.9)]}, logarithmic=True)
    assert "A &lt;b&gt;" in chart
    assert chart.count("<circle") == 2
