import Foundation
import Testing

/// The console without a mouse.
@Suite(
    .enabled(if: Browser.isInstalled, "needs chromium and chromium-driver, which script/test installs where it can"),
    .serialized,
    .timeLimit(.minutes(5))
)
struct KeyboardTests {
    /// What has the focus: its place among all elements, whether it shows that, and whether a person can see it.
    private static let focused = #"""
        const one = document.activeElement;
        if (!one || one === document.body) return null;
        const style = getComputedStyle(one), box = one.getBoundingClientRect();
        return {
          place: [...document.querySelectorAll("*")].indexOf(one),
          what: (one.innerText || one.getAttribute("aria-label") || one.name || one.tagName).trim().slice(0, 40),
          isMarked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
          isSeen: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        };
        """#

    /// The places of all that somebody can act on.
    private static let actable = #"""
        const all = [...document.querySelectorAll("*")];
        return all.filter((one) =>
          one.matches("a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']") && one.checkVisibility()
        ).map((one) => all.indexOf(one));
        """#

    @Test(arguments: ["/", "/customers", "/customers/77", "/attention", "/matrix"])
    func `all that can be acted on is reached by tabbing, in the order of the page, and shows that it is`(
        _ address: String
    ) async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.settled()
            try await Browser.run { browser in
                try await signIn(browser, community)
                try await browser.open("http://127.0.0.1:\(community.port)\(address)")
                let expected = try #require(try await browser.evaluate(Self.actable) as? [Int])
                var reached: [Int] = []
                for _ in 0..<(expected.count * 4) where reached.last != expected.last {
                    try await browser.press(.tab)
                    guard let focus = try await browser.evaluate(Self.focused) as? [String: Any] else { break }
                    let (place, what) = (focus["place"] as? Int ?? -1, focus["what"] as? String ?? "")
                    #expect(focus["isMarked"] as? Bool == true, "\(what) does not show that it has the focus")
                    #expect(focus["isSeen"] as? Bool == true, "\(what) has the focus out of sight")
                    // A date has several places to type in, and is one thing.
                    if reached.last != place { reached.append(place) }
                }
                #expect(reached == expected)
            }
        }
    }

    @Test func `the way past the navigation leads to the content, and a customer is put on hold without a mouse`()
        async throws
    {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.settled()
            try await Browser.run { browser in
                try await signIn(browser, community)
                try await browser.open("http://127.0.0.1:\(community.port)/customers")
                try await browser.press(.tab)
                #expect(
                    try await browser.evaluate("return document.activeElement.innerText") as? String
                        == "Skip to the content"
                )
                try await browser.press(.enter)
                try await browser.wait(
                    for: "the content has the focus",
                    until: "return document.activeElement.id === 'main'"
                )
                try await browser.press(.tab)
                #expect(try await browser.evaluate("return document.activeElement.id") as? String == "search")
                try await tab(to: "tbody th a", browser)
                try await browser.press(.enter)
                try await browser.wait(
                    for: "the customer shows",
                    until: "return location.pathname.startsWith('/customers/')"
                )
                try await browser.type("a check", into: "#reason")
                try await tab(to: "button[value=hold]", browser)
                try await browser.press(.enter)
                try await browser.wait(for: "the plan shows", until: "return location.pathname.endsWith('/confirm')")
                try await tab(to: "main form button", browser)
                try await browser.press(.enter)
                try await browser.wait(for: "it is told", until: "return document.querySelector('.notice') != null")
                #expect(try await community.api("GET", "overrides").items.first?["reason"] as? String == "a check")
            }
        }
    }

    private func signIn(_ browser: Browser, _ community: Community) async throws {
        try await browser.open("http://127.0.0.1:\(community.port)/sign-in")
        try await browser.type(Community.token, into: "#token")
        try await browser.press(.enter)
        try await browser.wait(for: "the overview shows", until: "return location.pathname == '/'")
    }

    private func tab(to selector: String, _ browser: Browser) async throws {
        for _ in 0..<100 {
            try await browser.press(.tab)
            let isThere = "return document.activeElement.matches(arguments[0])"
            if try await browser.evaluate(isThere, [selector]) as? Bool == true { return }
        }
        Issue.record("\(selector) is not reached")
    }
}
