import Metrics
import Observability
import Testing

struct PrometheusMetricsTests {
    private func lines(_ metrics: PrometheusMetrics) -> [String] {
        metrics.render().split(separator: "\n").map(String.init).filter { !$0.contains("paydactyl_metrics_dropped") }
    }

    @Test func `counters, gauges and histograms are written by name and label, in a fixed order`() {
        let metrics = PrometheusMetrics(help: ["hb.requests": "Requests\nby \\ route"], timerBounds: [0.1, 1])
        Counter(label: "hb.requests", dimensions: [("status", "200"), ("path", "/b")], factory: metrics).increment(
            by: 2
        )
        Counter(label: "hb.requests", dimensions: [("path", "/a")], factory: metrics).increment()
        Counter(label: "hb.requests", dimensions: [("path", "/b"), ("status", "200")], factory: metrics).increment()
        Meter(label: "customers", factory: metrics).set(1.5)
        Gauge(label: "active", factory: metrics).record(7)
        let timer = Timer(label: "panel.call", dimensions: [("panel", "main")], factory: metrics)
        timer.recordNanoseconds(50_000_000)
        timer.recordNanoseconds(500_000_000)
        timer.recordNanoseconds(2_000_000_000)
        #expect(
            lines(metrics) == [
                "# TYPE active gauge",
                "active 7",
                "# TYPE customers gauge",
                "customers 1.5",
                "# HELP hb_requests_total Requests\\nby \\\\ route",
                "# TYPE hb_requests_total counter",
                #"hb_requests_total{path="/a"} 1"#,
                #"hb_requests_total{path="/b",status="200"} 3"#,
                "# TYPE panel_call_seconds histogram",
                #"panel_call_seconds_bucket{panel="main",le="0.1"} 1"#,
                #"panel_call_seconds_bucket{panel="main",le="1"} 2"#,
                #"panel_call_seconds_bucket{panel="main",le="+Inf"} 3"#,
                #"panel_call_seconds_sum{panel="main"} 2.55"#,
                #"panel_call_seconds_count{panel="main"} 3"#,
            ]
        )
        #expect(metrics.render() == metrics.render())
    }

    @Test(arguments: [
        ("a\"b", #"x_total{l="a\"b"} 1"#), ("a\\b", #"x_total{l="a\\b"} 1"#), ("a\nb", #"x_total{l="a\nb"} 1"#),
        ("ä{}", #"x_total{l="ä{}"} 1"#), ("", #"x_total{l=""} 1"#), ("\r\n", "x_total{l=\"\r\\n\"} 1"),
    ])
    func `label values are escaped`(value: String, line: String) {
        let metrics = PrometheusMetrics()
        Counter(label: "x", dimensions: [("l", value)], factory: metrics).increment()
        #expect(metrics.render().contains(line + "\n"))
    }

    @Test(arguments: [
        ("http.server.active-requests", "http_server_active_requests"), ("9lives", "_9lives"), ("", "_"),
        ("a:b", "a:b"), ("ü", "_"),
        ("x\n# TYPE y", "x___TYPE_y"),
    ])
    func `metric names are made safe`(label: String, name: String) {
        let metrics = PrometheusMetrics()
        Meter(label: label, factory: metrics).set(1)
        #expect(lines(metrics) == ["# TYPE \(name) gauge", "\(name) 1"])
    }

    @Test func `label names are made safe, and the first of two that become one stays`() {
        let metrics = PrometheusMetrics()
        Meter(
            label: "m",
            dimensions: [("a-b", "1"), ("a.b", "2"), ("le", "3"), ("__x", "4"), ("0", "5")],
            factory: metrics
        ).set(1)
        #expect(lines(metrics).last == #"m{_0="5",a_b="1",exported___x="4",exported_le="3"} 1"#)
    }

    @Test func `a name keeps its first meaning`() {
        let metrics = PrometheusMetrics(timerBounds: [1])
        Timer(label: "job", factory: metrics).recordSeconds(1)
        Meter(label: "job_seconds_count", factory: metrics).set(99)
        Counter(label: "job", factory: metrics).increment()
        Meter(label: "job_total", factory: metrics).set(99)
        #expect(!metrics.render().contains("99"))
        #expect(metrics.render().contains("paydactyl_metrics_dropped_series_total 2\n"))
    }

    @Test func `series beyond the limit are left out and counted`() {
        let metrics = PrometheusMetrics(seriesLimit: 2)
        for value in 0..<5 {
            Counter(label: "x", dimensions: [("v", "\(value)")], factory: metrics).increment()
        }
        Counter(label: "x", dimensions: [("v", "0")], factory: metrics).increment()
        #expect(lines(metrics) == ["# TYPE x_total counter", #"x_total{v="0"} 2"#, #"x_total{v="1"} 1"#])
        #expect(metrics.render().contains("paydactyl_metrics_dropped_series_total 3\n"))
    }

    @Test func `what is destroyed makes room`() {
        let metrics = PrometheusMetrics(seriesLimit: 1)
        metrics.destroyCounter(metrics.makeCounter(label: "x", dimensions: []))
        Meter(label: "x_total", factory: metrics).set(3)
        #expect(lines(metrics) == ["# TYPE x_total gauge", "x_total 3"])
    }

    @Test func `values that are no numbers spoil nothing`() {
        let metrics = PrometheusMetrics()
        let recorder = Recorder(label: "r", factory: metrics)
        recorder.record(Double.nan)
        recorder.record(Double.infinity)
        recorder.record(3)
        let counter = FloatingPointCounter(label: "c", factory: metrics)
        counter.increment(by: Double.nan)
        counter.increment(by: -1.0)
        counter.increment(by: 0.5)
        Meter(label: "m", factory: metrics).set(-Double.infinity)
        let text = metrics.render()
        #expect(text.contains("r_sum 3\nr_count 1\n"))
        #expect(text.contains("c_total 0.5\n"))
        #expect(text.contains("m -Inf\n"))
    }

    @Test func `nothing is lost when many count at once`() async {
        let metrics = PrometheusMetrics()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for number in 0..<500 {
                        Counter(label: "n", dimensions: [("k", "\(number % 3)")], factory: metrics).increment()
                        Recorder(label: "r", factory: metrics).record(1)
                        if number % 100 == 0 { _ = metrics.render() }
                    }
                }
            }
        }
        let text = metrics.render()
        #expect(text.contains(#"n_total{k="0"} 1336"#))
        #expect(text.contains(#"n_total{k="2"} 1328"#))
        #expect(text.contains("r_count 4000\n"))
    }
}
