using Cairn.Cli.Settings;
using Xunit;

namespace Cairn.Cli.Tests;

public class OutputSpecTests
{
    [Theory]
    [InlineData("out", "local", "out")]
    [InlineData("-", "tar", "-")]
    [InlineData("type=oci,dest=hello.tar", "oci", "hello.tar")]
    [InlineData("type=oci", "oci", "-")]
    [InlineData("type=tar", "tar", "-")]
    [InlineData("type=local,dest=out", "local", "out")]
    [InlineData("type=image,name=a", "image", null)]
    [InlineData("TYPE=docker,dest=x", "docker", "x")]
    public void The_forms_of_buildx_are_understood(string text, string type, string? destination)
    {
        OutputSpec spec = OutputSpec.Parse(text);
        Assert.Equal((type, destination), (spec.Type, spec.Destination));
    }

    [Fact]
    public void A_quoted_field_may_hold_commas()
    {
        OutputSpec spec = OutputSpec.Parse("type=image,\"name=reg/a:1,reg/b:1\",compression=zstd");
        Assert.Equal("reg/a:1,reg/b:1", spec.Attributes["name"]);
        Assert.Equal("zstd", spec.Attributes["compression"]);
    }

    [Fact]
    public void A_registry_output_is_an_image_that_is_pushed()
    {
        OutputSpec spec = OutputSpec.Parse("type=registry,name=localhost:5000/x");
        Assert.Equal("image", spec.Type);
        Assert.Equal("true", spec.Attributes["push"]);
    }

    [Theory]
    [InlineData("type=ocy,dest=x", "did you mean oci?")]
    [InlineData("dest=x", "type is required")]
    [InlineData("type=local", "dest is required")]
    [InlineData("type=docker", "docker load -i FILE")]
    [InlineData("type=oci,oops", "key=value")]
    [InlineData("type=oci,dest=a,dest=b", "'dest' is given twice")]
    [InlineData("\"type=oci", "not closed")]
    [InlineData("type=local,dest=-", "use type=tar")]
    public void What_cannot_be_meant_is_refused_with_the_reason(string text, string reason)
    {
        UsageException error = Assert.Throws<UsageException>(() => OutputSpec.Parse(text));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tags_name_images_and_push_makes_an_image_when_there_is_none()
    {
        var settings = new BuildSettings { Context = ".", Tags = ["a:1", "b:2"], Push = true, Outputs = [OutputSpec.Parse("type=oci,dest=x")] };
        IReadOnlyList<OutputSpec> outputs = settings.EffectiveOutputs();
        Assert.Equal(["oci", "image"], outputs.Select(o => o.Type));
        Assert.All(outputs, o => Assert.Equal("a:1,b:2", o.Attributes["name"]));
        Assert.Equal("true", outputs[1].Attributes["push"]);
        Assert.False(outputs[0].Attributes.ContainsKey("push"));
    }

    [Fact]
    public void Pushing_without_a_name_is_refused()
    {
        var settings = new BuildSettings { Context = ".", Push = true };
        Assert.Contains("tag is needed", Assert.Throws<UsageException>(() => settings.EffectiveOutputs()).Message, StringComparison.Ordinal);
    }
}
