import AsyncHTTPClient
import ChildProcess
import Foundation
import NIOCore
import NIOHTTP1

/// A headless Chromium, steered through ChromeDriver's HTTP interface (W3C WebDriver).
struct Browser {
    let driver: Int
    let session: String

    static let driverPath = "/usr/bin/chromedriver"
    static let browserPath = "/usr/bin/chromium"

    /// Whether both are there; `script/test` installs them where it can.
    static var isInstalled: Bool {
        FileManager.default.isExecutableFile(atPath: driverPath)
            && FileManager.default.isExecutableFile(atPath: browserPath)
    }

    struct Refused: Error, CustomStringConvertible {
        var description: String
        /// Of WebDriver's error codes, where it was the driver that refused.
        var code: String?
    }

    /// Runs a browser of its own for the time of the body.
    static func run(_ body: (Browser) async throws -> Void) async throws {
        let profile = FileManager.default.temporaryDirectory.appending(path: "browser-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: profile, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: profile) }
        let child = try ChildProcess(driverPath, ["--port=0"], output: .lines, errors: .discarded)
        defer { child.signal(SIGTERM) }
        var port: Int?
        for await line in child.lines {
            if let found = line.firstMatch(of: /started successfully on port (\d+)/) { port = Int(found.output.1) }
            if port != nil { break }
        }
        guard let port else { throw Refused(description: "ChromeDriver did not start") }
        let arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
            "--window-size=1280,1400", "--user-data-dir=\(profile.path)",
        ]
        let capabilities: [String: Any] = [
            "browserName": "chrome", "goog:chromeOptions": ["binary": browserPath, "args": arguments],
            "goog:loggingPrefs": ["browser": "ALL"],
        ]
        let answer = try await ask(port, "POST", "session", ["capabilities": ["alwaysMatch": capabilities]])
        guard let session = (answer as? [String: Any])?["sessionId"] as? String else {
            throw Refused(description: "no session: \(answer ?? "nothing")")
        }
        let browser = Browser(driver: port, session: session)
        do {
            try await body(browser)
        } catch {
            _ = try? await browser.ask("DELETE", "", nil)
            throw error
        }
        _ = try await browser.ask("DELETE", "", nil)
    }

    func open(_ address: String) async throws {
        _ = try await ask("POST", "/url", ["url": address])
    }

    /// What a script yields; it runs as the driver's, outside the page's content security policy.
    @discardableResult
    func evaluate(_ script: String, _ arguments: [Any] = []) async throws -> Any? {
        try await ask("POST", "/execute/sync", ["script": script, "args": arguments])
    }

    func text(of selector: String) async throws -> String {
        try await evaluate("return document.querySelector(arguments[0])?.innerText ?? ''", [selector]) as? String ?? ""
    }

    /// Types as a person does, after what stands there was taken away.
    func type(_ text: String, into selector: String) async throws {
        try await withElement(selector) { element in
            _ = try await ask("POST", "\(element)/clear", [:])
            _ = try await ask("POST", "\(element)/value", ["text": text])
        }
    }

    /// Presses a key as a person does, on whatever has the focus.
    func press(_ key: Key) async throws {
        let strokes = ["keyDown", "keyUp"].map { ["type": $0, "value": key.rawValue] }
        let keyboard: [String: Any] = ["type": "key", "id": "keyboard", "actions": strokes]
        _ = try await ask("POST", "/actions", ["actions": [keyboard]])
    }

    /// The keys of WebDriver that have no character.
    enum Key: String {
        case tab = "\u{E004}"
        case enter = "\u{E007}"
    }

    func choose(_ value: String, in selector: String) async throws {
        try await evaluate("document.querySelector(arguments[0]).value = arguments[1]", [selector, value])
    }

    func click(_ selector: String) async throws {
        try await withElement(selector) { element in
            _ = try await ask("POST", "\(element)/click", [:])
        }
    }

    /// Waits until a script yields true.
    func wait(for what: String, within limit: Duration = .seconds(60), until script: String) async throws {
        guard try await !comesAbout(within: limit, { try await evaluate(script) as? Bool == true }) else { return }
        throw Refused(description: "It never came about that \(what). The page: \(try await text(of: "body"))")
    }

    /// What the browser complained of since the last question: failed loads, refused scripts, errors.
    func complaints() async throws -> [String] {
        let entries = try await ask("POST", "/se/log", ["type": "browser"]) as? [[String: Any]] ?? []
        return entries.filter { ["SEVERE", "WARNING"].contains($0["level"] as? String) }
            .map { $0["message"] as? String ?? "" }
    }

    /// As wide as a telephone, too, which no window of the browser's own is.
    func resize(width: Int, height: Int) async throws {
        let parameters: [String: Any] = ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false]
        _ = try await ask(
            "POST",
            "/goog/cdp/execute",
            ["cmd": "Emulation.setDeviceMetricsOverride", "params": parameters]
        )
    }

    func prefer(_ scheme: String) async throws {
        let parameters: [String: Any] = ["features": [["name": "prefers-color-scheme", "value": scheme]]]
        _ = try await ask(
            "POST",
            "/goog/cdp/execute",
            ["cmd": "Emulation.setEmulatedMedia", "params": parameters]
        )
    }

    /// Finds it anew where a live update replaced it in between: a person acts on what stands there now, too.
    private func withElement(_ selector: String, _ act: (String) async throws -> Void) async throws {
        for tries in 1... {
            let found = try await ask("POST", "/element", ["using": "css selector", "value": selector])
            guard let element = (found as? [String: String])?.values.first else {
                throw Refused(description: "nothing is \(selector)")
            }
            do {
                return try await act("/element/\(element)")
            } catch let refused as Refused where refused.code == "stale element reference" && tries < 10 {}
        }
    }

    private func ask(_ method: String, _ path: String, _ body: [String: Any]?) async throws -> Any? {
        try await Self.ask(driver, method, "session/\(session)\(path)", body)
    }

    private static func ask(_ port: Int, _ method: String, _ path: String, _ body: [String: Any]?) async throws -> Any?
    {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/\(path)")
        request.method = .RAW(value: method)
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: try JSONSerialization.data(withJSONObject: body)))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(90))
        let buffer = try await response.body.collect(upTo: 32 << 20)
        let object = try JSONSerialization.jsonObject(with: Data(buffer.readableBytesView)) as? [String: Any]
        guard response.status == .ok else {
            let code = (object?["value"] as? [String: Any])?["error"] as? String
            throw Refused(description: "\(path): \(object?["value"] ?? "")", code: code)
        }
        return object?["value"]
    }
}
