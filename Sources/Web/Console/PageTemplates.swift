import Foundation
import HTTPTypes
import Mustache

/// The pages' templates, which are part of the program; what they show is escaped wherever it stands, and turns no other words around.
struct PageTemplates: Sendable {
    private let library: MustacheLibrary

    /// Read when the first page is shown, once for however many consoles.
    static let shared = PageTemplates()

    private init() {
        var templates: [String: MustacheTemplate] = [:]
        for (name, bytes) in Self.sources {
            do {
                templates[name] = try MustacheTemplate(string: String(decoding: bytes, as: UTF8.self))
            } catch {
                preconditionFailure("the template \(name) is none: \(error)")
            }
        }
        library = MustacheLibrary(templates: templates)
    }

    private static let sources: [(String, [UInt8])] = [
        ("layout", PackageResources.layout_mustache),
        ("sentence", PackageResources.sentence_mustache),
        ("problem", PackageResources.problem_mustache),
        ("signin", PackageResources.signin_mustache),
        ("overview", PackageResources.overview_mustache),
        ("chart", PackageResources.chart_mustache),
        ("customers", PackageResources.customers_mustache),
        ("customer", PackageResources.customer_mustache),
        ("confirm", PackageResources.confirm_mustache),
        ("attention", PackageResources.attention_mustache),
        ("upcoming", PackageResources.upcoming_mustache),
        ("drift", PackageResources.drift_mustache),
        ("driftline", PackageResources.driftline_mustache),
        ("log", PackageResources.log_mustache),
        ("matrix", PackageResources.matrix_mustache),
        ("deliveries", PackageResources.deliveries_mustache),
        ("delivery", PackageResources.delivery_mustache),
        ("panel", PackageResources.panel_mustache),
    ]

    func render(_ page: some Page) -> String {
        guard let html = library.render(page, withTemplate: page.template) else {
            preconditionFailure("there is no template \(page.template)")
        }
        // No template holds such a mark, so each comes from what somebody wrote.
        return html.withoutDirectionMarks
    }
}

/// What a template is filled with; its stored properties are the template's names.
protocol Page: Sendable {
    var template: String { get }
    var title: String { get }
    var heading: String { get }
    /// What stands around the page for somebody who is signed in.
    var frame: PageFrame? { get }
}

/// What every page shows to who is signed in.
struct PageFrame: Sendable {
    struct Link: Sendable {
        var label: String
        var address: String
        var isCurrent: Bool
        /// How many things wait there, if any.
        var count: Int?
    }

    var instance: String
    var version: String
    var links: [Link]
    var person: String
    var mayChange: Bool
    var formToken: String
    var notice: String?
    /// Why nothing is done at all at the moment, whoever looks at which page.
    var banners: [PageSentence]
}

struct ProblemPage: Page {
    let template = "problem"
    /// It may answer a form, and cannot be loaded anew then.
    let answersOnce = true
    var title: String
    var heading: String
    var frame: PageFrame?
    var detail: String
    /// Where somebody goes on from here.
    var back: String
}

struct SignInPage: Page {
    let template = "signin"
    let title = "Sign in"
    let heading = "Sign in"
    var frame: PageFrame?
    var next: String
    var failure: String?
}

/// A moment as pages show it.
func shown(_ iso8601: String) -> String {
    String(iso8601.prefix(19)).replacingOccurrences(of: "T", with: " ")
}

/// A text as one segment of an address.
func segment(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .unreserved) ?? ""
}

extension CharacterSet {
    /// RFC 3986, section 2.3.
    fileprivate static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    )
}
