using Xunit;

namespace Cairn.Llb.Tests;

public class ImageReferenceTests
{
    private const string Hex = "aebd38a3aebd38a3aebd38a3aebd38a3aebd38a3aebd38a3aebd38a3aebd38a3";

    [Theory]
    [InlineData("busybox", "docker.io/library/busybox:latest", "busybox:latest")]
    [InlineData("busybox:1.36", "docker.io/library/busybox:1.36", "busybox:1.36")]
    [InlineData("moby/buildkit", "docker.io/moby/buildkit:latest", "moby/buildkit:latest")]
    [InlineData("index.docker.io/busybox", "docker.io/library/busybox:latest", "busybox:latest")]
    [InlineData("localhost/x", "localhost/x:latest", "localhost/x:latest")]
    [InlineData("localhost:5000/a/b:t", "localhost:5000/a/b:t", "localhost:5000/a/b:t")]
    [InlineData("[::1]:5000/a", "[::1]:5000/a:latest", "[::1]:5000/a:latest")]
    [InlineData("example.com/a__b/c-d.e:V1_x", "example.com/a__b/c-d.e:V1_x", "example.com/a__b/c-d.e:V1_x")]
    [InlineData("a@sha256:" + Hex, "docker.io/library/a@sha256:" + Hex, "a@sha256:" + Hex)]
    [InlineData("e.com/a:1@sha256:" + Hex, "e.com/a:1@sha256:" + Hex, "e.com/a:1@sha256:" + Hex)]
    public void A_reference_is_completed(string written, string full, string familiar)
    {
        ImageReference reference = ImageReference.Parse(written);

        Assert.Equal(full, reference.ToString());
        Assert.Equal(familiar, reference.Familiar);
        Assert.Equal(reference, ImageReference.ParseComplete(full));
    }

    [Theory]
    [InlineData("", "invalid reference format")]
    [InlineData("Busybox", "must be lowercase")]
    [InlineData("busybox:", "invalid reference format")]
    [InlineData("busybox:-x", "invalid reference format")]
    [InlineData("a//b", "invalid reference format")]
    [InlineData("a___b", "invalid reference format")]
    [InlineData("a.-b", "invalid reference format")]
    [InlineData("-a", "invalid reference format")]
    [InlineData("example.com:x/a", "invalid reference format")]
    [InlineData("a@sha256:12", "invalid digest \"sha256:12\"")]
    [InlineData(Hex, "image id")]
    public void What_is_no_reference_says_why(string text, string reason)
    {
        BuildException error = Assert.Throws<BuildException>(() => ImageReference.Parse(text));

        Assert.Contains($"failed to parse reference \"{text}\": ", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_complete_reference_names_host_and_tag_itself()
    {
        Assert.Equal("busybox", ImageReference.ParseComplete("busybox/a:1").Registry);
        Assert.Contains("object required", Assert.Throws<BuildException>(() => ImageReference.ParseComplete("e.com/a")).Message, StringComparison.Ordinal);
        Assert.Throws<BuildException>(() => ImageReference.ParseComplete("busybox:latest"));
    }
}
