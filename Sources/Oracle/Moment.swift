/// A moment of a story, in milliseconds since 1970.
package struct Moment: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(_ milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    package static func + (moment: Self, span: Span) -> Self { Moment(moment.milliseconds + span.milliseconds) }

    package static func - (moment: Self, span: Span) -> Self { Moment(moment.milliseconds - span.milliseconds) }

    package static func - (left: Self, right: Self) -> Span { Span(left.milliseconds - right.milliseconds) }
}

/// A length of time in a story, in milliseconds.
package struct Span: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(_ milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package static let zero = Span(0)

    package static func seconds(_ count: Int64) -> Span { Span(count * 1000) }
    package static func minutes(_ count: Int64) -> Span { .seconds(count * 60) }
    package static func hours(_ count: Int64) -> Span { .minutes(count * 60) }
    package static func days(_ count: Int64) -> Span { .hours(count * 24) }

    package static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    package static func + (left: Self, right: Self) -> Self { Span(left.milliseconds + right.milliseconds) }

    package static func * (span: Self, factor: Int64) -> Self { Span(span.milliseconds * factor) }
}

extension Span: CustomStringConvertible {
    package var description: String {
        let seconds = Double(milliseconds) / 1000
        return seconds < 3600 ? "\(seconds) s" : "\((seconds / 36).rounded() / 100) h"
    }
}
