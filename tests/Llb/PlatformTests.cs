using Xunit;

namespace Cairn.Llb.Tests;

public class PlatformTests
{
    [Theory]
    [InlineData("linux/amd64", "linux/amd64")]
    [InlineData("linux/x86_64", "linux/amd64")]
    [InlineData("Linux/AMD64/v1", "linux/amd64")]
    [InlineData("linux/amd64/v3", "linux/amd64/v3")]
    [InlineData("linux/arm64/v8", "linux/arm64")]
    [InlineData("linux/aarch64", "linux/arm64")]
    [InlineData("linux/arm", "linux/arm/v7")]
    [InlineData("linux/arm/6", "linux/arm/v6")]
    [InlineData("linux/armhf", "linux/arm/v7")]
    [InlineData("linux/armel", "linux/arm/v6")]
    [InlineData("linux/i386", "linux/386")]
    [InlineData("macos/arm64", "darwin/arm64")]
    [InlineData("s390x", "linux/s390x")]
    [InlineData("windows(10.0.17763)/amd64", "windows(10.0.17763)/amd64")]
    public void A_platform_is_brought_into_normal_form(string written, string normal)
    {
        Assert.Equal(normal, Platform.Parse(written).ToString());
        Assert.Equal(Platform.Parse(written), Platform.Parse(normal));
        Assert.Equal(Platform.Parse(written), Platform.From(Platform.Parse(written).ToMessage()));
    }

    [Fact]
    public void Parts_left_out_are_those_of_this_machine()
    {
        Assert.Equal(Platform.Default, Platform.Parse("linux"));
        Assert.Equal(Platform.Default, Platform.From(null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("toaster")]
    [InlineData("linux/")]
    [InlineData("linux/amd64/v1/x")]
    [InlineData("linux/am d64")]
    [InlineData("windows(10/amd64")]
    public void What_is_no_platform_is_named_in_the_error(string text)
    {
        BuildException error = Assert.Throws<BuildException>(() => Platform.Parse(text));
        Assert.Contains($"\"{text}\"", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("linux/arm64", "linux/arm64", 0)]
    [InlineData("linux/arm64", "linux/arm/v7", 2)]
    [InlineData("linux/arm/v7", "linux/arm/v6", 1)]
    [InlineData("linux/amd64/v3", "linux/amd64", 2)]
    [InlineData("linux/amd64", "linux/386", 1)]
    [InlineData("linux/amd64", "linux/amd64/v2", null)]
    [InlineData("linux/arm/v6", "linux/arm/v7", null)]
    [InlineData("linux/amd64", "windows/amd64", null)]
    [InlineData("windows(10.0.17763.1)/amd64", "windows(10.0.17763.999)/amd64", 0)]
    [InlineData("windows(10.0.17763)/amd64", "windows(10.0.20348)/amd64", null)]
    public void Older_images_run_too_but_rank_lower(string machine, string image, int? rank) =>
        Assert.Equal(rank, Platform.Parse(machine).Rank(Platform.Parse(image)));

    [Fact]
    public void The_best_image_of_an_index_is_picked()
    {
        string[] index = ["linux/amd64", "linux/arm/v6", "linux/arm/v7", "linux/arm64/v8"];

        Assert.Equal("linux/arm64/v8", Platform.Parse("linux/arm64").Select(index, Platform.Parse));
        Assert.Equal("linux/arm/v7", Platform.Parse("linux/arm64").Select(index[..3], Platform.Parse));
        Assert.Null(Platform.Parse("linux/s390x").Select(index, Platform.Parse));
    }
}
