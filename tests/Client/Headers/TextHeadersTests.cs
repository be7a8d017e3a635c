using Cairn.Rpc.Calls;
using Cairn.Wire.Headers;
using Xunit;

namespace Cairn.Client.Tests.Headers;

public sealed class TextHeadersTests
{
    [Fact]
    public void Values_of_ASCII_travel_as_they_are_and_stay_separate()
    {
        var metadata = new Metadata();
        TextHeaders.AddTo(metadata, "exclude-patterns", ["a,b", "100%", "x+y z"]);
        Assert.Equal(["a,b", "100%", "x+y z"], metadata.FindAll("exclude-patterns"));
        Assert.Null(metadata.Find("exclude-patterns-encoded"));
        Assert.Equal(["a,b", "100%", "x+y z"], TextHeaders.ReadFrom(metadata, "exclude-patterns"));
    }

    [Fact]
    public void One_value_beyond_ASCII_encodes_all_of_its_name_and_says_so()
    {
        var metadata = new Metadata();
        TextHeaders.AddTo(metadata, "include-patterns", ["a b/ü~-_.", "plain/+"]);
        Assert.Equal(["a+b%2F%C3%BC~-_.", "plain%2F%2B"], metadata.FindAll("include-patterns"));
        Assert.Equal("1", metadata.Find("include-patterns-encoded"));
        Assert.Equal(["a b/ü~-_.", "plain/+"], TextHeaders.ReadFrom(metadata, "include-patterns"));
    }

    [Fact]
    public void Any_text_survives()
    {
        var random = new Random(5);
        for (int round = 0; round < 300; round++)
        {
            string[] values = [.. Enumerable.Range(0, random.Next(4)).Select(_ => string.Concat(
                Enumerable.Range(0, random.Next(8)).Select(_ => char.ConvertFromUtf32(random.Next(3) == 0 ? random.Next(0x1F300, 0x1F600) : random.Next(1, 300)))))];
            var metadata = new Metadata();
            TextHeaders.AddTo(metadata, "followpaths", values);
            Assert.Equal(values, TextHeaders.ReadFrom(metadata, "followpaths"));
        }
    }

    [Fact]
    public void A_session_says_what_it_serves_whatever_the_case()
    {
        var headers = new SessionHeaders("id1", "", new HashSet<string>(), TimeSpan.FromMilliseconds(1500));
        SessionHeaders? read = SessionHeaders.TryRead(headers.ToMetadata(["/moby.filesync.v1.FileSync/DiffCopy", "/a.B/C"]));
        Assert.NotNull(read);
        Assert.True(read.Serves("/moby.filesync.v1.filesync/diffcopy"));
        Assert.True(read.Serves("/A.b/c"));
        Assert.False(read.Serves("/a.b/d"));
        Assert.Equal(("id1", "", TimeSpan.FromMilliseconds(1500)), (read.Id, read.SharedKey, read.HealthTimeout));
        Assert.Null(SessionHeaders.TryRead(new Metadata()));
    }
}
