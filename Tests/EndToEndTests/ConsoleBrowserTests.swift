import Entitlements
import Foundation
import PanelSimulator
import Testing

/// The console as a browser shows it.
@Suite(
    .enabled(if: Browser.isInstalled, "needs chromium and chromium-driver, which script/test installs where it can"),
    .serialized,
    .timeLimit(.minutes(5))
)
struct ConsoleBrowserTests {
    @Test func `an owner signs in, sees a payment arrive, holds, releases, grants, replays, and lets a loss happen`()
        async throws
    {
        try await withCommunity(policy: {
            $0.breaker.maxCustomers = 0
            $0.breaker.maxShare = 0
        }) { community in
            try await Browser.run { browser in
                let origin = "http://127.0.0.1:\(community.port)"
                try await browser.open("\(origin)/customers")
                try await browser.type(Community.token, into: "#token")
                try await browser.click("form.signin button")
                try await browser.wait(for: "the customers show", until: "return location.pathname == '/customers'")
                #expect(try await browser.text(of: "tbody") == "Nobody.")

                try await community.pay("77", "ada@example.test", settle: false)
                try await browser.wait(
                    for: "the payment shows by itself",
                    until: "return document.querySelector('tbody').innerText.includes('has what they paid for')"
                )
                for (name, found) in [("Ada Nobody", "Nobody."), ("Ada Lovelace", "Ada Lovelace")] {
                    try await browser.evaluate("document.querySelector('#search').value = ''")
                    try await browser.type(name, into: "#search")
                    try await browser.click("form.filter button")
                    try await browser.wait(
                        for: "\(name) was looked for",
                        until: "return document.querySelector('tbody')?.innerText.includes('\(found)') ?? false"
                    )
                }
                try await browser.click("tbody th a")
                try await browser.wait(
                    for: "the customer shows",
                    until: "return location.pathname.startsWith('/customers/')"
                )
                #expect(try await browser.text(of: "h1") == "Ada Lovelace")

                try await decide("hold", "a check", "left exactly as", browser)
                #expect(try await browser.text(of: "main").contains("Hold until"))
                try await decide("release", "checked", "All bans and holds of", browser)
                #expect(try await !browser.text(of: "main").contains("Hold until"))
                try await browser.evaluate("document.querySelector('#until').value = '2099-12-31'")
                try await decide("grant", "a prize", "gets tier awakened", browser)
                #expect(try await browser.text(of: "main").contains("Grant of tier awakened until 2099-12-31"))

                try await browser.open("\(origin)/deliveries/1")
                try await browser.click("form.inline button")
                try await browser.wait(for: "its plan shows", until: "return location.pathname.endsWith('/confirm')")
                #expect(try await browser.text(of: "main").contains("ada@example.test: nothing would change."))
                try await browser.click("main form button")
                try await browser.wait(
                    for: "the replay is told",
                    until: "return document.querySelector('.notice')?.innerText.includes('computed again') ?? false"
                )

                // Beyond the breaker's bound, which is nobody here: the loss waits for a person.
                let paid = community.access()
                try await community.send(.cancelled, "1")
                try await community.eventually("the loss is held") {
                    let breaker = try await community.api("GET", "breaker").object
                    return breaker["state"] as? String == "holding"
                }
                try await browser.open("\(origin)/attention")
                try await browser.click("button[value=approve]")
                try await browser.wait(for: "the plan shows", until: "return location.pathname == '/held/confirm'")
                #expect(try await browser.text(of: "main").contains("would be taken away"))
                try await browser.click("main form button")
                try await browser.wait(for: "it is told", until: "return location.pathname == '/attention'")
                try await community.eventually("nothing is held") {
                    try await community.api("GET", "breaker").object["state"] as? String == "closed"
                }
                #expect(try await browser.text(of: ".notice").contains("happens now"))
                try await community.eventually("what was approved is taken") { community.access() != paid }
                let complaints = try await browser.complaints()
                #expect(complaints == [])
            }
        }
    }

    /// Fills in the reason, presses the button, looks at the plan and confirms it.
    private func decide(_ action: String, _ reason: String, _ expected: String, _ browser: Browser) async throws {
        try await browser.type(reason, into: "#reason")
        try await browser.click(".decide button[value=\(action)]")
        try await browser.wait(for: "the plan shows", until: "return location.pathname.endsWith('/confirm')")
        #expect(try await browser.text(of: "main").contains(expected))
        try await browser.click("main form button")
        try await browser.wait(for: "it is done", until: "return document.querySelector('.notice') != null")
    }

    @Test func `every page is readable by everybody: landmarks, labels, headings, contrast, width`() async throws {
        // Beyond the breaker's bound, which is nobody here: there is a loss to decide about.
        try await withCommunity(policy: {
            $0.breaker.maxCustomers = 0
            $0.breaker.maxShare = 0
        }) { community in
            try await community.pay("77", "ada@example.test")
            try await community.pay("78", "bob@example.test", settle: false)
            try await community.send(.created, "9") {
                $0.customerID = .value("90")
                $0.email = .value("a-rather-long-address-of-somebody-who-likes-them@subdomain.example.test")
                $0.product = .value("a-product-that-no-tier-knows")
                $0.status = .value(.active)
            }
            try await community.settled()
            // As long as somebody can make them, without a place to break.
            let long = String(repeating: "Wb7", count: 50)
            try await community.send(.created, long) {
                $0.customerID = .value(long)
                $0.email = .value("\(long.prefix(60))@\(long.prefix(60).lowercased()).example.test")
                $0.name = .value(long)
                $0.product = .value(ProductID(long))
                $0.status = .value(.active)
            }
            try await community.settled()
            _ = try await community.override("hold", long, reason: long)
            let staff = community.panel.addUser(PanelUser(username: "staff", email: "staff@example.test"))
            let frost = try community.server("Frost Path I")
            _ = community.panel.addSubuser(user: staff.id, server: frost, permissions: ["control.stop"])
            try await community.audit()
            try await community.send(.cancelled, "of-78")
            let body = #"{"event":"payment.succeeded","subscription_id":"5","paid_through":"soon"}"#
            try await community.deliver(Data(body.utf8))
            try await community.eventually("a loss is held") { try await community.breaker() == "holding 1" }
            let drift = try await community.api("GET", "drift").text
            let line = String(try #require(drift.firstMatch(of: /"id":"([0-9a-f]+)"/), "\(drift)").output.1)
            try await Browser.run { browser in
                let origin = "http://127.0.0.1:\(community.port)"
                try await browser.open("\(origin)/sign-in")
                #expect(try await faults(of: browser) == [])
                try await browser.type(Community.token, into: "#token")
                try await browser.click("form.signin button")
                try await browser.wait(for: "the overview shows", until: "return location.pathname == '/'")
                for scheme in ["light", "dark"] {
                    try await browser.prefer(scheme)
                    for width in [1280, 375] {
                        try await browser.resize(width: width, height: 900)
                        for page in ConsoleTests.pages + ["/drift/\(line)", "/customers/nobody", "/customers/\(long)"] {
                            try await browser.open("\(origin)\(page)")
                            let faults = try await faults(of: browser)
                            #expect(faults == [], "\(page), \(scheme), \(width) wide")
                        }
                        for (page, button) in [
                            ("/customers/77", "button[value=ban]"), ("/attention", "button[value=approve]"),
                        ] {
                            try await browser.open("\(origin)\(page)")
                            if page != "/attention" { try await browser.type("a reason", into: "#reason") }
                            try await browser.click(button)
                            try await browser.wait(
                                for: "the plan shows",
                                until: "return location.pathname.endsWith('/confirm')"
                            )
                            let faults = try await faults(of: browser)
                            #expect(faults == [], "what \(button) would do, \(scheme), \(width) wide")
                        }
                    }
                }
                // That there is no such customer is what one of the pages says.
                let complaints = try await browser.complaints().filter { !$0.contains("/customers/nobody") }
                #expect(complaints == [])
            }
        }
    }

    private func faults(of browser: Browser) async throws -> [String] {
        try await browser.evaluate(Self.rules) as? [String] ?? ["the rules could not be run"]
    }

    /// What WCAG 2 AA asks and a script can see.
    private static let rules = #"""
        const faults = [];
        const expect = (holds, what) => { if (!holds) faults.push(what); };
        expect(document.documentElement.lang, "no language");
        expect(document.title.length > 0, "no title");
        expect(document.querySelectorAll("main").length == 1, "not one main");
        expect(document.querySelectorAll("h1").length == 1, "not one h1");
        expect(document.querySelector(".skip")?.getAttribute("href") == "#main", "no way to skip");
        if (document.querySelector("nav")) {
          expect(document.querySelector("nav[aria-label]"), "navigation without a name");
        }
        let level = 1;
        for (const heading of document.querySelectorAll("h1, h2, h3")) {
          const own = Number(heading.tagName[1]);
          expect(own <= level + 1, "a heading skips a level: " + heading.innerText);
          level = own;
        }
        const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
        expect(new Set(ids).size == ids.length, "an id stands twice");
        for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
          expect(field.labels?.length > 0, "a field without a label: " + field.name);
        }
        for (const one of document.querySelectorAll("a, button, summary")) {
          expect((one.innerText || one.textContent).trim() || one.getAttribute("aria-label"), "nothing to read: " + one.outerHTML);
        }
        for (const picture of document.querySelectorAll("svg")) expect(picture.getAttribute("aria-label"), "a picture without words");
        for (const table of document.querySelectorAll("table")) {
          expect(table.querySelector("th[scope]"), "a table without headings");
          const region = table.closest("[role=region]");
          expect(region?.getAttribute("aria-label") && region.tabIndex == 0, "a table that cannot be scrolled by keyboard");
        }
        for (const labelled of document.querySelectorAll("[aria-labelledby]")) {
          expect(document.getElementById(labelled.getAttribute("aria-labelledby")), "a name that is not there");
        }
        expect(document.documentElement.scrollWidth <= window.innerWidth, "the page is wider than the window: " + document.documentElement.scrollWidth);
        const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
        const luminance = ([r, g, b]) => {
          const [x, y, z] = [r, g, b].map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
          return 0.2126 * x + 0.7152 * y + 0.0722 * z;
        };
        const ground = (one) => {
          for (let at = one; at; at = at.parentElement) {
            const colour = channels(getComputedStyle(at).backgroundColor);
            if (colour.length == 3 || colour[3] > 0) return colour;
          }
          return [255, 255, 255];
        };
        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
          const one = texts.currentNode.parentElement;
          if (!texts.currentNode.data.trim() || one.closest("svg, title") || !one.checkVisibility()) continue;
          const a = luminance(channels(getComputedStyle(one).color)), b = luminance(ground(one));
          const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
          expect(contrast >= 4.5, "contrast " + contrast.toFixed(2) + ": " + texts.currentNode.data.trim().slice(0, 40));
        }
        return faults;
        """#
}
