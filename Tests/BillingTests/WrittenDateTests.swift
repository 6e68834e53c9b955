import Billing
import Entitlements
import Foundation
import Testing

struct WrittenDateTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-12-23T10:00:00Z", 1_798_020_000_000),
            ("2026-12-23t10:00:00z", 1_798_020_000_000),
            ("2026-12-23T11:00:00+01:00", 1_798_020_000_000),
            ("2026-12-23T04:30:00-05:30", 1_798_020_000_000),
            ("2026-12-23T10:00:00-00:00", 1_798_020_000_000),
            ("2026-12-23T10:00:00.5Z", 1_798_020_000_500),
            ("2026-12-23T10:00:00.123456789+00:00", 1_798_020_000_123),
            ("2024-02-29T23:59:59Z", 1_709_251_199_000),
            ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000),
            ("2017-01-01T05:29:60+05:30", 1_483_228_800_000),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000),
            ("0000-01-01T00:00:00+23:59", -62_167_219_200_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
            ("9999-12-31T23:59:59-23:59", 253_402_300_799_999),
            ("1969-12-31T23:59:59.999Z", -1),
        ] as [(String, Int64)]
    )
    func `a moment is read with its offset and fraction`(_ text: String, _ milliseconds: Int64) {
        #expect(WrittenDate(text) == .moment(Timestamp(milliseconds: milliseconds)))
    }

    @Test(
        arguments: [
            "", "2026", "2026-12", "2026-12-3", "2026-1-23", "26-12-23", "2026-13-01", "2026-00-01", "2026-12-00",
            "2026-12-32", "2026-04-31", "2026-02-29", "1900-02-29", "2026/12/23", "20261223", "2026-12-23 ",
            " 2026-12-23", "2026-12-23T", "2026-12-23T10:00Z", "2026-12-23T10:00:00", "2026-12-23 10:00:00",
            "2026-12-23 10:00:00Z", "2026-12-23T24:00:00Z", "2026-12-23T10:60:00Z", "2026-12-23T10:00:61Z",
            "2026-12-23T10:00:60Z", "2026-12-23T10:00:00.Z", "2026-12-23T10:00:00,5Z", "2026-12-23T10:00:00+1",
            "2026-12-23T10:00:00+0100", "2026-12-23T10:00:00+24:00", "2026-12-23T10:00:00+01:60",
            "2026-12-23T10:00:00ZZ", "2026-12-23T10:00:00Z ", "2026-12-23T10:00:00±01:00", "+12026-12-23T10:00:00Z",
            "-026-12-23", "２０２６-12-23", "2026-12-23T10:00:00 Europe/Berlin", "tomorrow", "1798020000", "0000-00-00",
            "2026-W52-3", "2026-357",
        ]
    )
    func `what is no date is none`(_ text: String) {
        #expect(WrittenDate(text) == nil)
    }

    @Test func `a bare day is a day`() {
        #expect(WrittenDate("2026-12-23") == CivilDate(year: 2026, month: 12, day: 23).map(WrittenDate.day))
    }

    @Test func `what is written is read again`() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<5000 {
            let moment = Timestamp(milliseconds: .random(in: -62_167_219_200_000...253_402_300_799_999, using: &random))
            #expect(WrittenDate(moment.rfc3339) == .moment(moment))
        }
        #expect(Timestamp(milliseconds: .max).rfc3339 == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: .min).rfc3339 == "0000-01-01T00:00:00Z")
    }

    @Test func `moments are those of Foundation`() throws {
        var random = SeededRandom(seed: 8)
        for _ in 0..<2000 {
            let seconds = Int64.random(in: -2_000_000_000...32_000_000_000, using: &random)
            let text = Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
            #expect(WrittenDate(text) == .moment(Timestamp(seconds: seconds)))
            #expect(Timestamp(seconds: seconds).rfc3339 == text)
        }
    }
}

struct BillingCalendarTests {
    @Test(
        arguments: [
            ("UTC", "2026-12-23", "2026-12-23T23:59:59.999Z"),
            ("America/New_York", "2026-12-23", "2026-12-24T04:59:59.999Z"),
            ("America/New_York", "2026-07-01", "2026-07-02T03:59:59.999Z"),
            ("Asia/Kolkata", "2026-12-23", "2026-12-23T18:29:59.999Z"),
            ("Pacific/Kiritimati", "2026-12-23", "2026-12-23T09:59:59.999Z"),
            // The days on which the clocks change.
            ("Europe/Amsterdam", "2026-03-29", "2026-03-29T21:59:59.999Z"),
            ("Europe/Amsterdam", "2026-10-25", "2026-10-25T22:59:59.999Z"),
            // 23:59:59 is followed by 01:00:00 of 2026-04-24.
            ("Africa/Cairo", "2026-04-23", "2026-04-23T21:59:59.999Z"),
            // 23:59:59 is followed by 23:00:00 of the same day.
            ("Africa/Cairo", "2026-10-29", "2026-10-29T21:59:59.999Z"),
            // 2011-12-30 does not exist there.
            ("Pacific/Apia", "2011-12-29", "2011-12-30T09:59:59.999Z"),
            ("America/New_York", "9999-12-31", "9999-12-31T23:59:59.999Z"),
        ]
    )
    func `a bare day ends with its last millisecond there`(_ zone: String, _ day: String, _ end: String) throws {
        let calendar = try #require(BillingCalendar(identifier: zone))
        let moment = calendar.moment(of: try #require(WrittenDate(day)))
        #expect(moment.rfc3339 == end)
    }

    @Test func `an unknown time zone is none`() {
        #expect(BillingCalendar(identifier: "Middle/Earth") == nil)
        #expect(BillingCalendar(identifier: "") == nil)
    }

    @Test func `days follow each other without gap or overlap in every time zone`() throws {
        for zone in ["Africa/Cairo", "America/Sao_Paulo", "Asia/Beirut", "Europe/Dublin", "Australia/Lord_Howe"] {
            let calendar = try #require(BillingCalendar(identifier: zone))
            var previous = calendar.moment(of: try #require(WrittenDate("2016-12-31")))
            for (month, days) in zip(1..., [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
                for day in 1...days {
                    let end = calendar.end(of: try #require(CivilDate(year: 2017, month: month, day: day)))
                    #expect((Duration.seconds(22 * 3600)...Duration.seconds(26 * 3600)).contains(end - previous))
                    previous = end
                }
            }
        }
    }
}
