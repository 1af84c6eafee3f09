"""The prompts of every role: what a person picks in a client to set its model to work, with live facts put in.

A prompt is written in three parts: what Echo knows, in words of Echo's own; what others wrote, as data (`page.data`);
the steps, as calls of the role's tools. Writing one changes nothing and marks nothing as read.
"""
